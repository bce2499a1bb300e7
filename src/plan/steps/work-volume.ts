import type { VolumeClaimView } from '#src/api/objects.ts'
import { tuningVolumeName } from '#src/desired/names.ts'
import { tuningVolumeClaim } from '#src/desired/work-volume.ts'
import { defined } from '#src/lib/defined.ts'
import { isOver, type TuningRun } from '#src/observe/tuning-run.ts'
import { jobRemoval, NOTHING, type Plan, type Removal } from '../plan.ts'
import { volumeOfRun } from '../run-jobs.ts'
import type { World } from '../world.ts'

/** How long the Jobs of a run are kept after it needs its volume no more, for who reads their logs: ten minutes. */
const LOGS_KEPT_MS = 600_000

/** A look a day is enough for what is kept for weeks. */
const LONGEST_LOOK_MS = 86_400_000

/** The volume that outlives the pods of a run: made before its Job, and given back when no try can need it any more. */
export function volumeStep(world: World, run: TuningRun | undefined): Plan {
  const { workspace, volumeClaims, settings, now } = world
  const name = tuningVolumeName(workspace)
  const superseded = volumeClaims.filter(({ metadata }) => metadata.name !== name).flatMap(claimRemoval)
  const claim = volumeClaims.find(({ metadata }) => metadata.name === name)
  const plan: Plan = { ...NOTHING, remove: superseded }
  if (!isOver(run)) {
    const wanted = claim === undefined && world.obstacle === undefined && volumeOfRun(world) === 'own'
    const made = wanted ? tuningVolumeClaim(workspace, settings) : undefined
    return made === undefined ? plan : { ...plan, apply: [made] }
  }
  const finishedAt = Date.parse(workspace.status?.tuning?.finishedAt ?? '')
  // Not before the end is written down: a Job that is gone could not tell it again.
  if (claim === undefined || Number.isNaN(finishedAt)) return plan
  const claimGoes = finishedAt + (run?.phase === 'failed' ? settings.tuningVolume.keepSeconds * 1000 : 0)
  // A volume stays as long as there are pods that have used it, ended or not.
  const jobsGo = claimGoes + LOGS_KEPT_MS
  const remove = [
    ...superseded,
    ...(now >= claimGoes ? claimRemoval(claim) : []),
    ...(now >= jobsGo ? world.jobs.map(jobRemoval) : []),
  ]
  const next = now < claimGoes ? claimGoes : now < jobsGo ? jobsGo : undefined
  const again = next === undefined ? undefined : Math.min(next - now, LONGEST_LOOK_MS)
  return { ...plan, remove, ...defined({ again }) }
}

const claimRemoval = ({ metadata }: VolumeClaimView): Removal[] =>
  metadata.deletionTimestamp !== undefined
    ? []
    : [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          name: metadata.name,
          uid: metadata.uid ?? '',
          ...defined({ namespace: metadata.namespace }),
        },
      ]
