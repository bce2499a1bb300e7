import type { ProgressPoint } from '#src/contract/lines.ts'

/** A loss, and the step at which it was reported. */
export interface LossPoint {
  readonly step: number
  readonly loss: number
}

/**
 * The losses over steps, at most `most` of them, first and last kept. A log is read from its end, so of a long run only
 * what was kept `before` knows how it began; from where the log begins on it is what counts, since a new try starts anew.
 */
export function lossHistory(
  points: readonly ProgressPoint[],
  before: readonly LossPoint[] = [],
  most = 50,
): LossPoint[] {
  const known: LossPoint[] = []
  const start = Math.min(...points.map(({ step }) => step))
  for (const { step, loss } of [...before.filter((point) => point.step < start), ...points]) {
    // A step that is not beyond the one before is that of a process that has started again.
    while ((known.at(-1)?.step ?? Number.NEGATIVE_INFINITY) >= step) known.pop()
    if (loss !== undefined) known.push({ step, loss })
  }
  return thinned(known, most)
}

/**
 * The points next to `most` even steps. Not every so-manyth: what is kept of the beginning is sparse already, and must not
 * make way for the end. Thinned again nothing changes.
 */
function thinned(known: readonly LossPoint[], most: number): LossPoint[] {
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return []
  const kept: LossPoint[] = []
  let at = 0
  for (let i = 0; i < most; i++) {
    const wanted = first.step + (i * (last.step - first.step)) / (most - 1)
    const distance = (index: number) => Math.abs((known[index]?.step ?? Number.POSITIVE_INFINITY) - wanted)
    while (distance(at + 1) <= distance(at)) at++
    const point = known[at]
    if (point !== undefined && point !== kept.at(-1)) kept.push(point)
  }
  return kept
}
