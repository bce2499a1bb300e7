import { describe, expect, it } from 'vitest'
import type { PodView } from '#src/api/objects.ts'
import { evaluationInResult, evaluationInWords, evaluationStatus } from '#src/observe/evaluation.ts'

const summary = (baseLoss: number, loss: number) => evaluationStatus({ rows: 20, baseLoss, loss, samples: [] }).summary

describe('an evaluation in words', () => {
  it.for([
    [3.214, 1.1, '3.21 -> 1.10 (-65.8%)'],
    [2, 2, '2.00 -> 2.00 (0.0%)'],
    [2, 2.5, '2.00 -> 2.50 (+25.0%)'],
    [0, 1, '0.00 -> 1.00 (0.0%)'],
  ] as const)('of %d and %d is %s', ([base, loss, words]) => {
    expect(summary(base, loss)).toBe(words)
  })

  it('says of how many rows', () => {
    expect(evaluationInWords(evaluationStatus({ rows: 20, baseLoss: 2, loss: 1, samples: [] }))).toBe(
      'loss on 20 rows that were not trained on, without the adapter and with it: 2.00 -> 1.00 (-50.0%)',
    )
  })
})

describe('an evaluation in the result of the train step', () => {
  const pod = (exitCode: number, message: string): PodView => ({
    metadata: { name: 'p' },
    status: { initContainerStatuses: [{ name: 'train', state: { terminated: { exitCode, message } } }] },
  })
  const result = JSON.stringify({ result: { evaluation: { rows: 5, tokens: 9, baseLoss: 2, loss: 1 } } })

  it('is read when the step has ended well', () => {
    expect(evaluationInResult([pod(0, result)])).toEqual({ rows: 5, baseLoss: 2, loss: 1, samples: [] })
  })

  it.for([
    [1, result],
    [0, '{"result":{}}'],
    [0, 'no JSON'],
  ] as const)('is not there when it ended with %d and %s', ([code, message]) => {
    expect(evaluationInResult([pod(code, message)])).toBeUndefined()
  })
})
