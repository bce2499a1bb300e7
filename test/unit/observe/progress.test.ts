import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readHalved, readProgress } from '#src/contract/lines.ts'
import { lossHistory } from '#src/observe/progress.ts'

const line = (fields: object) => JSON.stringify({ kaito: 'progress', step: 1, maxSteps: 20, ...fields })

describe('progress in a log', () => {
  it('is read from between other lines', () => {
    const log = [
      'Loading checkpoint shards: 100%',
      line({ step: 5, loss: 3.1, etaSeconds: 12.5 }),
      '{"loss": 1}',
      '',
    ].join('\n')
    expect(readProgress(log)).toEqual([{ step: 5, maxSteps: 20, loss: 3.1, etaSeconds: 12.5 }])
  })

  it.for<[string, string]>([
    ['fetch progress', line({ step: undefined, phase: 'fetch', bytes: 1 })],
    ['a step that is no whole number', line({ step: 1.5 })],
    ['a step below zero', line({ step: -1 })],
    ['a step beyond what the API can hold', line({ step: 1e300 })],
    ['a step in words', line({ step: 'five' })],
    ['no number of steps', line({ maxSteps: null })],
    ['a line cut in two', line({}).slice(0, -3)],
    ['a list', '[1]'],
    ['nothing', 'null'],
    ['a line of 5000 characters', line({ note: 'x'.repeat(5000) })],
    ['somebody else’s JSON', '{"step":1,"maxSteps":20}'],
  ])('is not seen in %s', ([, text]) => {
    expect(readProgress(text)).toEqual([])
  })

  it('leaves out a loss that is no number', () => {
    expect(readProgress(line({ loss: 'NaN', epoch: 0.5 }))).toEqual([{ step: 1, maxSteps: 20, epoch: 0.5 }])
  })

  it('is read from any text without an error', () => {
    fc.assert(fc.property(fc.string(), fc.json(), (a, b) => void readProgress(`${a}\n${b}`)))
  })
})

describe('a GPU that ran out of memory', () => {
  it('is told by the line that the trainer says before it tries again', () => {
    expect(readHalved('x\n{"kaito": "halved", "from": 8, "to": 4}\n')).toEqual({ from: 8, to: 4 })
  })

  it.for(['', '{"kaito":"halved","from":8}', '{"kaito":"halved","from":"8","to":4}', '{"from":8,"to":4}'])(
    'is not told by %j',
    (log) => {
      expect(readHalved(log)).toBeUndefined()
    },
  )
})

describe('the history of losses', () => {
  const points = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ step: i + 1, maxSteps: count, loss: 9 / (i + 1) }))

  it('keeps every point while there are few', () => {
    expect(lossHistory(points(3)).map(({ step }) => step)).toEqual([1, 2, 3])
  })

  it('is thinned to fifty, first and last kept, in order and without repeats', () => {
    fc.assert(
      fc.property(fc.integer({ min: 51, max: 2000 }), (count) => {
        const steps = lossHistory(points(count)).map(({ step }) => step)
        expect(steps).toHaveLength(50)
        expect([steps[0], steps.at(-1)]).toEqual([1, count])
        expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
      }),
    )
  })

  it('leaves out reports without a loss', () => {
    expect(
      lossHistory([
        { step: 1, maxSteps: 2 },
        { step: 2, maxSteps: 2, loss: 1 },
      ]),
    ).toEqual([{ step: 2, loss: 1 }])
  })

  it('keeps how a long run began, of which the end of the log knows nothing', () => {
    const whole = points(20_000).filter(({ step }) => step % 5 === 0 || step === 1)
    let kept: ReturnType<typeof lossHistory> = []
    for (let end = 100; end <= whole.length; end += 100)
      kept = lossHistory(whole.slice(Math.max(0, end - 1000), end), kept)
    expect(kept[0]).toEqual({ step: 1, loss: 9 })
    expect(kept.at(-1)?.step).toBe(whole[4000 - 1]?.step)
    expect(kept.length).toBeLessThanOrEqual(50)
    // No stretch is without points: the largest gap is a few times what fifty even ones would leave.
    const gaps = kept.slice(1).map(({ step }, index) => step - (kept[index]?.step ?? 0))
    expect(Math.max(...gaps)).toBeLessThan(4 * (20_000 / 50))
  })

  it('is that of the new try where one begins anew, and of both where it goes on', () => {
    const before = [
      { step: 1, loss: 9 },
      { step: 8, loss: 4 },
    ]
    const at = (step: number) => [{ step, maxSteps: 20, loss: 5 }]
    expect(lossHistory(at(0), before)).toEqual([{ step: 0, loss: 5 }])
    expect(lossHistory(at(6), before)).toEqual([
      { step: 1, loss: 9 },
      { step: 6, loss: 5 },
    ])
    expect(lossHistory([], before)).toEqual(before)
  })
})
