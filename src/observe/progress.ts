import type { ProgressPoint } from '#src/contract/lines.ts'

/** The losses over steps, thinned evenly to at most `most` points, first and last kept. */
export function lossHistory(points: readonly ProgressPoint[], most = 50): { step: number; loss: number }[] {
  const known = points.flatMap((p) => (p.loss === undefined ? [] : [{ step: p.step, loss: p.loss }]))
  if (known.length <= most) return known
  return Array.from({ length: most }, (_, i) => known[Math.round((i * (known.length - 1)) / (most - 1))]).flatMap(
    (p) => (p ? [p] : []),
  )
}
