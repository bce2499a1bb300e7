import { parseJson } from '#src/lib/json.ts'

/** One report of the train step: a JSON line on its standard output. Loss is the mean since the last report. */
export interface ProgressPoint {
  readonly step: number
  readonly maxSteps: number
  readonly epoch?: number
  readonly loss?: number
  readonly learningRate?: number
  readonly etaSeconds?: number
}

/** The progress reports among log lines; everything else (and anything malformed) is skipped. */
export function parseProgress(log: string): ProgressPoint[] {
  const points: ProgressPoint[] = []
  for (const line of log.split('\n')) {
    if (!line.startsWith('{') || line.length > 4096) continue
    const point = toPoint(parseJson(line))
    if (point) points.push(point)
  }
  return points
}

function toPoint(value: unknown): ProgressPoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  const step = count(fields['step'])
  const maxSteps = count(fields['maxSteps'])
  if (fields['kaito'] !== 'progress' || step === undefined || maxSteps === undefined) return undefined
  const optional = (name: 'epoch' | 'loss' | 'learningRate' | 'etaSeconds') => {
    const found = finite(fields[name])
    return found === undefined ? {} : { [name]: found }
  }
  return {
    step,
    maxSteps,
    ...optional('epoch'),
    ...optional('loss'),
    ...optional('learningRate'),
    ...optional('etaSeconds'),
  }
}

/** What the API takes as an int64; anything else would make the whole status be refused. */
const count = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined)

const finite = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

/** The losses over steps, thinned evenly to at most `most` points, first and last kept. */
export function lossHistory(points: readonly ProgressPoint[], most = 50): { step: number; loss: number }[] {
  const known = points.flatMap((p) => (p.loss === undefined ? [] : [{ step: p.step, loss: p.loss }]))
  if (known.length <= most) return known
  return Array.from({ length: most }, (_, i) => known[Math.round((i * (known.length - 1)) / (most - 1))]).flatMap(
    (p) => (p ? [p] : []),
  )
}
