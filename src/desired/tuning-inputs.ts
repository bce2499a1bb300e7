import type { Settings } from '#src/api/settings.ts'
import type { TuningSpec } from '#src/api/tuning.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Preset } from '#src/catalog/preset.ts'
import type { MethodName } from '#src/tuning/methods/method.ts'
import type { ResolvedTrainingConfig } from '#src/tuning/training-config.ts'
import type { WorkVolume } from './work-volume.ts'

/** Everything a tuning Job is made from, with every name looked up. */
export interface TuningInputs {
  readonly workspace: Workspace
  readonly tuning: TuningSpec
  readonly preset: Preset
  readonly method: MethodName
  readonly config: ResolvedTrainingConfig
  readonly settings: Settings
  readonly imageVolumes: boolean
  /** GPUs of the node, each with a process that trains. */
  readonly gpus: number
  /** Bytes that the smallest node it may run on has for pods. */
  readonly nodeMemory?: number
  /** Where the run keeps what it makes. */
  readonly volume: WorkVolume
}

/** What of it a push is made from. */
export type PushInputs = Pick<TuningInputs, 'workspace' | 'tuning' | 'preset' | 'method' | 'settings' | 'volume'>
