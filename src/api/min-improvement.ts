import { ANNOTATION } from './labels.ts'
import type { Workspace } from './workspace.ts'

/** By how many percent the adapter has to lower the loss; undefined where the Workspace asks for nothing that can be read. */
export function minImprovement({ metadata }: Workspace): number | undefined {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,2})?)%$/.exec(metadata?.annotations?.[ANNOTATION.minImprovement] ?? '') ?? []
  return percent === undefined ? undefined : Number(percent)
}
