import type { K8sObject } from '#src/api/objects.ts'
import type { TuningTask } from '#src/api/tuning-task.ts'

/** What processing a task needs of the rest: read the Workspace's world and say which Job it asks for; create a Job. */
export interface TaskPorts {
  /** The Job that this Workspace asks for now and its revision; undefined when it is gone or asks for none. */
  readonly desiredJob: (task: TuningTask) => Promise<{ readonly job: K8sObject; readonly revision: string } | undefined>
  /** Creates it; a Job of this name that exists already is success. */
  readonly create: (job: K8sObject) => Promise<void>
  readonly log: (outcome: 'created' | 'dropped', task: TuningTask) => void
}

/**
 * One task: the Workspace is read again, because the task may be old. Delivered twice, the second finds the Job there;
 * delivered late, the revision has moved on and nothing is done.
 */
export async function processTask(task: TuningTask, ports: TaskPorts): Promise<void> {
  const desired = await ports.desiredJob(task)
  if (desired === undefined || desired.revision !== task.revision) return ports.log('dropped', task)
  await ports.create(desired.job)
  ports.log('created', task)
}
