import { isReason, type Reason } from '#src/api/conditions.ts'
import { isJsonObject, parseJson } from '#src/lib/json.ts'
import { type Evaluation, toEvaluation } from './evaluation.ts'
import { type RowCounts, toRowCounts } from './rows.ts'

/**
 * What a step says while it runs: JSON objects, a line each, on its standard output, marked by `kaito`. The operator reads
 * them field by field from logs that hold anything else as well.
 */
const MARK = 'kaito'
const LONGEST_LINE = 4096

/** One report of the train step. Loss is the mean since the last report. Written by jobs/trainer/progress.py. */
export interface ProgressPoint {
  readonly step: number
  readonly maxSteps: number
  readonly epoch?: number
  readonly loss?: number
  readonly learningRate?: number
  readonly etaSeconds?: number
}

/** The GPU ran out of memory: what is trained on at a time from there on. Written by jobs/trainer/halving.py. */
export interface HalvedLine {
  readonly from: number
  readonly to: number
}

/** Bytes moved, at most once a second. */
export interface ByteProgressLine {
  readonly phase: string
  readonly bytes: number
  /** null where no total is known. */
  readonly totalBytes: number | null
}

/** A push that waits before its next try. */
export interface WaitingLine {
  readonly reason: Reason
  readonly message: string
  /** When it gives up, ISO 8601. */
  readonly until: string
}

export const byteProgressLine = (line: ByteProgressLine): string => JSON.stringify({ [MARK]: 'progress', ...line })

export const waitingLine = (line: WaitingLine): string => JSON.stringify({ [MARK]: 'waiting', ...line })

/** The train step's reports among log lines; everything else (and anything malformed) is skipped. */
export const readProgress = (log: string): ProgressPoint[] =>
  markedLines(log).flatMap((line) => {
    const step = count(line['step'])
    const maxSteps = count(line['maxSteps'])
    if (line[MARK] !== 'progress' || step === undefined || maxSteps === undefined) return []
    const optional = OPTIONAL.flatMap((name) => {
      const found = line[name]
      return typeof found === 'number' && Number.isFinite(found) ? [[name, found]] : []
    })
    return [{ step, maxSteps, ...Object.fromEntries(optional) }]
  })

/** Is this line of a log one of these, or the end of one that was cut off where a log's tail begins? */
export const isReport = (line: string): boolean => /^[^{]*"maxSteps": ?\d|^\{"kaito"/.test(line)

/** What became of the rows, from the one line that the train step says of it. */
export const readRows = (log: string): RowCounts | undefined =>
  toRowCounts(markedLines(log).find((line) => line[MARK] === 'data'))

/** How base model and adapter do on rows that were kept back, from the one line that the train step says of it. */
export const readEvaluation = (log: string): Evaluation | undefined =>
  toEvaluation(markedLines(log).find((line) => line[MARK] === 'evaluation'))

/** Whether the train step goes on with fewer rows at a time. */
export function readHalved(log: string): HalvedLine | undefined {
  const found = markedLines(log).find((line) => line[MARK] === 'halved')
  const [from, to] = [count(found?.['from']), count(found?.['to'])]
  return from === undefined || to === undefined ? undefined : { from, to }
}

/** The last marked line, if it says that a push waits. */
export function readWaiting(log: string): WaitingLine | undefined {
  const last = markedLines(log).at(-1)
  if (last?.[MARK] !== 'waiting') return undefined
  const { reason, message, until } = last
  if (!isReason(reason) || typeof message !== 'string' || typeof until !== 'string') return undefined
  if (Number.isNaN(Date.parse(until))) return undefined
  return { reason, message, until }
}

const OPTIONAL = ['epoch', 'loss', 'learningRate', 'etaSeconds'] as const

function markedLines(log: string): Readonly<Record<string, unknown>>[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || line.length > LONGEST_LINE) return []
    const value = parseJson(line)
    return isJsonObject(value) && MARK in value ? [value] : []
  })
}

/** What the API takes as an int64; anything else would make the whole status be refused. */
const count = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined)
