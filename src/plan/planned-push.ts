import type { Job } from '#src/desired/manifest.ts'
import { pushJob } from '#src/desired/push-job.ts'
import { findMethod, METHOD } from '#src/tuning/methods/index.ts'
import { hubPreset, presetOf } from './intent.ts'
import { volumeOfRun } from './run-jobs.ts'
import type { World } from './world.ts'

/**
 * The Job that pushes what a run has left on its volume. It depends on nothing that may be gone by now: neither on the config nor
 * on the Secret nor on the catalog, for the adapter is paid for.
 */
export function plannedPush(world: World): Job | undefined {
  const { workspace, settings } = world
  const { tuning } = workspace
  if (tuning === undefined) return undefined
  const name = tuning.preset?.name
  const found = presetOf(world, name)
  const preset = found.ok ? found.preset : hubPreset(name ?? '')
  const method = (findMethod(tuning.method) ?? METHOD.lora).name
  return pushJob({ workspace, settings, tuning, preset, method, volume: volumeOfRun(world) })
}
