import { LABEL } from '#src/api/labels.ts'
import type { JobView } from '#src/api/objects.ts'
import { precheckJobName, tuningJobName } from '#src/desired/names.ts'
import type { StepResult } from '../context.ts'
import { isFinished, jobRemoval, NOTHING } from '../plan.ts'
import type { World } from '../world.ts'

/** Stops what the Workspace asks for no longer, whatever becomes of what it asks for now: a superseded run holds a GPU. */
export const withoutSuperseded = (world: World): StepResult => ({
  plan: { ...NOTHING, remove: world.jobs.filter((job) => isSuperseded(world, job)).map(jobRemoval) },
  verdicts: [],
  go: true,
})

/** An earlier run that has ended stays, with its log; a check of anything else tells nothing any more. */
function isSuperseded(world: World, job: JobView): boolean {
  const { name, labels } = job.metadata
  if (labels?.[LABEL.component] === 'precheck') return name !== currentPrecheck(world)
  return name !== tuningJobName(world.workspace) && !isFinished(job)
}

/** The name of the Job that checks what is asked for now. */
export const currentPrecheck = ({ workspace, config }: World): string =>
  precheckJobName(workspace, config?.['training_config.yaml'])
