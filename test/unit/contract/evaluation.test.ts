import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVALUATION_CHARS, type Evaluation, SAMPLE_CHARS, SAMPLES, toEvaluation } from '#src/contract/evaluation.ts'
import { readEvaluation } from '#src/contract/lines.ts'
import { runAnnotations } from '#src/contract/run-record.ts'

const sample = { prompt: 'Hi?', wanted: 'Yes', base: 'No', adapter: 'Yes' }
const evaluation: Evaluation = { rows: 20, baseLoss: 3.2, loss: 1.6, samples: [sample] }
const config = { r: 16, lora_alpha: 32, target_modules: ['down_proj', 'qkv_proj'] }

describe('an evaluation that a pod tells', () => {
  it('is read from its line between others', () => {
    const log = ['{"step":1}', JSON.stringify({ kaito: 'evaluation', tokens: 5, ...evaluation }), 'done'].join('\n')
    expect(readEvaluation(log)).toEqual(evaluation)
  })

  it.for<[string, unknown]>([
    ['no object', [1]],
    ['no rows', { ...evaluation, rows: 0 }],
    ['half a row', { ...evaluation, rows: 1.5 }],
    ['a loss that is no number', { ...evaluation, loss: '1' }],
    ['a loss below nothing', { ...evaluation, baseLoss: -1 }],
    ['no loss of the base model', { ...evaluation, baseLoss: undefined }],
  ])('is not seen in %s', ([, value]) => {
    expect(toEvaluation(value)).toBeUndefined()
  })

  it('is no larger than the train step would make it, whoever wrote it', () => {
    const large = { ...sample, prompt: 'x'.repeat(9999), adapter: 7, more: 'y' }
    const found = toEvaluation({ ...evaluation, samples: [...Array(9).fill(large), null, 'text'] })
    expect(found?.samples).toHaveLength(SAMPLES)
    expect(found?.samples[0]).toEqual({ ...sample, prompt: 'x'.repeat(SAMPLE_CHARS), adapter: '' })
    expect(JSON.stringify(found).length).toBeLessThan(EVALUATION_CHARS)
  })

  it('is read from anything without an error', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void toEvaluation(value)))
  })
})

describe('what an adapter image says of its run', () => {
  const record = { dataset: `sha256:${'a'.repeat(64)}`, rows: 90, steps: 12, loss: 1.5, trainer: 'trl 1', evaluation }

  it('is what the run was made from and how it went', () => {
    expect(runAnnotations(JSON.stringify({ ...record, commit: 'abc' }), config)).toEqual({
      'sh.kaito.model.commit': 'abc',
      'sh.kaito.tuning.rank': '16',
      'sh.kaito.tuning.alpha': '32',
      'sh.kaito.tuning.target-modules': 'down_proj,qkv_proj',
      'sh.kaito.tuning.dataset-digest': record.dataset,
      'sh.kaito.tuning.rows': '90',
      'sh.kaito.tuning.steps': '12',
      'sh.kaito.tuning.loss': '1.5',
      'sh.kaito.tuning.trainer': 'trl 1',
      'sh.kaito.evaluation.rows': '20',
      'sh.kaito.evaluation.base-loss': '3.2',
      'sh.kaito.evaluation.loss': '1.6',
      'sh.kaito.evaluation.improvement': '50.0%',
      'sh.kaito.evaluation.sample-1': JSON.stringify(sample),
    })
  })

  it.for([undefined, '', 'null', '[]', '{'])('is what its config says where the record is %j', (text) => {
    expect(Object.keys(runAnnotations(text, config))).toEqual([
      'sh.kaito.tuning.rank',
      'sh.kaito.tuning.alpha',
      'sh.kaito.tuning.target-modules',
    ])
  })

  it('keeps samples that are JSON, each within a limit', () => {
    const long = '"\n'.repeat(200)
    const samples = Array(5).fill({ prompt: long, wanted: long, base: long, adapter: long })
    const found = runAnnotations(JSON.stringify({ evaluation: { ...evaluation, samples } }), config)
    const said = Object.entries(found).filter(([key]) => key.startsWith('sh.kaito.evaluation.sample-'))
    expect(said.length).toBe(SAMPLES)
    for (const [, text] of said) expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(sample))
  })

  it('has values of a limited length whoever wrote the record', () => {
    const anything = fc.record({
      dataset: fc.jsonValue(),
      trainer: fc.string({ maxLength: 3000 }),
      evaluation: fc.jsonValue(),
    })
    fc.assert(
      fc.property(anything, fc.dictionary(fc.string(), fc.jsonValue()), (run, settings) => {
        for (const value of Object.values(runAnnotations(JSON.stringify(run), settings))) {
          expect(value.length).toBeLessThanOrEqual(1024)
        }
      }),
    )
  })
})
