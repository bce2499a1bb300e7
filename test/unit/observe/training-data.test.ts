import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PodView } from '#src/api/objects.ts'
import { statusSchema } from '#src/api/status.ts'
import { readRows } from '#src/contract/lines.ts'
import { lossOfRows, rowsInResult, tuningData } from '#src/observe/training-data.ts'

const said = {
  rows: 100,
  kept: 90,
  cut: 4,
  evaluated: 9,
  lossOn: 'answers',
  dropped: [
    { reason: 'no answer', rows: 8 },
    { reason: 'no prompt', rows: 2 },
  ],
  sources: [{ name: 'train.csv', rows: 100, kept: 90 }],
  unused: ['id'],
}
const clean = { ...said, kept: 100, cut: 0, evaluated: 0, dropped: [], unused: [] }

/** A line as Python's json writes it. */
const line = (fields: object) => JSON.stringify({ kaito: 'data', ...fields }).replaceAll('":', '": ')

const ended = (message: string, exitCode = 0, name = 'train'): PodView => ({
  metadata: { name: 'p' },
  status: { initContainerStatuses: [{ name, state: { terminated: { exitCode, message } } }] },
})

describe('what became of the rows', () => {
  it('is read from between other lines of the log', () => {
    const log = `device cpu\n${line(said)}\n{"kaito": "progress", "step": 1}`
    const counts = readRows(log)
    expect(counts).toEqual(said)
    expect(counts && tuningData(counts).summary).toBe(
      '90 rows are trained on; 10 of 100 rows are left out (8 with no answer, 2 with no prompt); ' +
        '4 of 90 rows are cut at max_length; 9 of them are kept for evaluation; loss on answers; not used: id',
    )
  })

  it('is read from how the train step ended, whichever kind of container that was', () => {
    const message = JSON.stringify({ result: { steps: 1, data: said } })
    const [init] = ended(message).status?.initContainerStatuses ?? []
    const asMain: PodView = { metadata: { name: 'p' }, status: { containerStatuses: init ? [init] : [] } }
    for (const pod of [ended(message), asMain]) expect(rowsInResult([ended('{}'), pod])).toEqual(said)
  })

  it.for<[string, PodView]>([
    ['a step that failed', ended(JSON.stringify({ result: { data: said } }), 65)],
    ['another step', ended(JSON.stringify({ result: { data: said } }), 0, 'push')],
    ['a result without it', ended('{"result":{}}')],
    ['an end in words', ended('Segmentation fault')],
    ['more rows kept than read', ended(JSON.stringify({ result: { data: { ...said, kept: 101 } } }))],
    ['rows that are no number', ended(JSON.stringify({ result: { data: { ...said, rows: '100' } } }))],
  ])('is not known from %s', ([, pod]) => {
    expect(rowsInResult([pod])).toBeUndefined()
  })

  it('is not known from a log without it, or from a line that is cut or too long', () => {
    const long = line({ ...said, unused: ['x'.repeat(5000)] })
    for (const log of ['', '{"kaito": "progress"}', line(said).slice(0, -3), long])
      expect(readRows(log)).toBeUndefined()
  })

  it('says nothing where all rows are trained on to their end', () => {
    expect(lossOfRows(clean)).toBeUndefined()
    expect(tuningData(clean).summary).toBe('all 100 rows are trained on; loss on answers')
  })

  it('is what the CRD takes, whatever a container writes', () => {
    const { tuning } = statusSchema.properties
    const isTaken = new Ajv({ strict: false }).compile(tuning.properties.data)
    const text = fc.oneof(fc.string({ maxLength: 400 }), fc.constant('x'.repeat(400)), fc.jsonValue())
    const entry = fc.record({ reason: text, name: text, rows: fc.nat(), kept: fc.nat() })
    const entries = fc.array(entry, { maxLength: 40, size: 'max' })
    const fields = { dropped: entries, sources: entries, unused: fc.array(text, { maxLength: 40, size: 'max' }) }
    fc.assert(
      fc.property(fc.record({ ...fields, lossOn: text, cut: fc.jsonValue() }), (lists) => {
        const counts = rowsInResult([ended(JSON.stringify({ result: { data: { rows: 5, kept: 3, ...lists } } }))])
        expect(isTaken(counts && tuningData(counts)), JSON.stringify(isTaken.errors)).toBe(true)
      }),
    )
  })
})
