import { lasts } from '#src/api/lasting-volume.ts'
import type { JobView } from '#src/api/objects.ts'
import { pushJobName, tuningJobName, tuningVolumeName } from '#src/desired/names.ts'
import { isTrainingRecorded } from '#src/desired/run.ts'
import { type WorkVolume, workVolume, workVolumeOfJob } from '#src/desired/work-volume.ts'
import { type TuningRun, tuningRun } from '#src/observe/tuning-run.ts'
import type { World } from './world.ts'

/** The Job that trains in this try. */
export const trainingJob = (world: World): JobView | undefined => named(world, tuningJobName(world.workspace))

/** The Job that pushes in this try, where the pod that trained does not. */
export const pushingJob = (world: World): JobView | undefined => named(world, pushJobName(world.workspace))

const named = ({ jobs }: World, name: string) => jobs.find(({ metadata }) => metadata.name === name)

/** Where the run keeps what it makes: as it was begun, whatever settings say by now. */
export function volumeOfRun(world: World): WorkVolume {
  const job = trainingJob(world)
  if (job !== undefined) return workVolumeOfJob(job)
  return hasOwnVolume(world) ? 'own' : workVolume(world.workspace, world.settings)
}

/** The adapter is whole on a volume that is still there: nothing is left to do but the push. */
export const isSafe = (world: World): boolean =>
  isTrainingRecorded(world.workspace) && (lasts(world.workspace.tuning?.output.volumeSource) || hasOwnVolume(world))

/** Has the Job of this try just put the adapter on such a volume? */
export function isTrained(world: World): boolean {
  const job = trainingJob(world)
  if (job === undefined || world.workspace.tuning?.output.image === undefined) return false
  return workVolumeOfJob(job) !== 'scratch' && tuningRun(job, []).phase === 'succeeded'
}

export const isSafeRun = (run: TuningRun | undefined): boolean => run?.phase === 'running' && run.isSafe === true

const hasOwnVolume = ({ workspace, volumeClaims }: World): boolean => {
  const name = tuningVolumeName(workspace)
  return volumeClaims.some(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined)
}
