import type { K8sObject } from '#src/api/objects.ts'
import type { TuningTask } from '#src/contract/task.ts'

/** What became of a task: its Job is there, or nobody asks for that Job any more, or somebody else has one of its name. */
export type Processed = 'created' | 'dropped' | 'taken'

/** What processing a task needs of the rest: read the Workspace's world and say which Job it asks for; create a Job. */
export interface TaskPorts {
  /** The Job that this Workspace asks for now and its revision; undefined when it is gone or asks for none. */
  readonly desiredJob: (task: TuningTask) => Promise<{ readonly job: K8sObject; readonly revision: string } | undefined>
  /** Creates it. A Job of this name that exists already is as good, if the same Workspace controls it: false where not. */
  readonly create: (job: K8sObject) => Promise<boolean>
  readonly log: (outcome: Processed, task: TuningTask) => void
}

/**
 * One task: the Workspace is read again, because the task may be old. Delivered twice, the second finds the Job there;
 * delivered late, the revision has moved on and nothing is done.
 */
export async function processTask(task: TuningTask, ports: TaskPorts): Promise<Processed> {
  const desired = await ports.desiredJob(task)
  const isWanted = desired !== undefined && desired.revision === task.revision
  const outcome = !isWanted ? 'dropped' : (await ports.create(desired.job)) ? 'created' : 'taken'
  ports.log(outcome, task)
  return outcome
}
