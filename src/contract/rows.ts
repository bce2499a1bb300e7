import { defined } from '#src/lib/defined.ts'
import { isJsonObject } from '#src/lib/json.ts'

/** Files, reasons and names that the train step lists before it says how many more there are. */
export const ROW_ENTRIES = 10
/** Bytes of each such name, in UTF-8. */
export const ROW_NAME = 64

/** What became of the rows of a dataset: said by the train step before it trains, and in its result. Written by jobs/trainer/dataset.py. */
export interface RowCounts {
  readonly rows: number
  /** Rows that are trained on or evaluated. */
  readonly kept: number
  /** Of those kept: longer than max_length. */
  readonly cut: number
  /** Of those kept: held back for evaluation. */
  readonly evaluated: number
  /** `answers` or `all tokens` */
  readonly lossOn: string
  readonly dropped: readonly { readonly reason: string; readonly rows: number }[]
  readonly sources: readonly { readonly name: string; readonly rows: number; readonly kept: number }[]
  /** Columns and keys that are not trained on. */
  readonly unused: readonly string[]
  /** Tokens of a row, of so many rows as were measured. Said by the check before the run. */
  readonly tokens?: { readonly rows: number; readonly median: number; readonly p95: number; readonly most: number }
  /** Steps of the whole run, estimated by the check. */
  readonly steps?: number
  /** Weights that are trained, as the check counts them. */
  readonly weights?: number
}

/** Whatever ran in the pod wrote this: nothing in what is read is larger than what the train step would say. */
export function toRowCounts(value: unknown): RowCounts | undefined {
  if (!isJsonObject(value)) return undefined
  const rows = count(value['rows'])
  const kept = count(value['kept'])
  if (rows === undefined || kept === undefined || kept > rows) return undefined
  return {
    rows,
    kept,
    cut: count(value['cut']) ?? 0,
    evaluated: count(value['evaluated']) ?? 0,
    lossOn: words(value['lossOn']),
    dropped: entries(value['dropped'], (each) => {
      const of = count(each['rows'])
      return of === undefined ? [] : [{ reason: words(each['reason']), rows: of }]
    }),
    sources: entries(value['sources'], (each) => {
      const of = count(each['rows'])
      const keptOf = count(each['kept'])
      return of === undefined || keptOf === undefined ? [] : [{ name: words(each['name']), rows: of, kept: keptOf }]
    }),
    unused: list(value['unused']).map(words),
    ...defined({
      tokens: tokensOf(value['tokens']),
      steps: count(value['steps']),
      weights: count(value['weights']),
    }),
  }
}

function tokensOf(value: unknown): RowCounts['tokens'] {
  if (!isJsonObject(value)) return undefined
  const [rows, median, p95, most] = ['rows', 'median', 'p95', 'most'].map((name) => count(value[name]))
  if (rows === undefined || median === undefined || p95 === undefined || most === undefined) return undefined
  return { rows, median, p95, most }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, ROW_ENTRIES + 1) : [])

const entries = <T>(value: unknown, read: (entry: Record<string, unknown>) => T[]): T[] =>
  list(value).flatMap((each) => (isJsonObject(each) ? read(each) : []))

/** What the API takes as an int64. */
const count = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined)

const words = (value: unknown) => (typeof value === 'string' && value !== '' ? value.slice(0, ROW_NAME) : 'not known')
