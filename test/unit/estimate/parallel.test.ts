import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset, findSku } from '#src/catalog/catalog.ts'
import { fitInference } from '#src/estimate/fit.ts'
import { attentionOf, splitOver } from '#src/estimate/parallel.ts'
import { servingFit } from '#src/estimate/serving.ts'

const preset = (name: string) => {
  const found = findPreset(builtInCatalog, name)
  if (found === undefined) throw new Error(name)
  return found
}
const sku = (name: string) => {
  const found = findSku(builtInCatalog, 'azure', name)
  if (found === undefined) throw new Error(name)
  return found
}

describe('the split of a model over the GPUs of an instance', () => {
  it.each([
    ['phi-4', 4, 2, 2],
    ['phi-4', 8, 2, 4],
    ['phi-3-medium-4k-instruct', 4, 2, 2],
    ['phi-4-mini-instruct', 8, 8, 1],
    ['qwen2.5-coder-7b-instruct', 8, 4, 2],
    ['llama-3.3-70b-instruct', 8, 8, 1],
    ['gpt-oss-120b', 8, 8, 1],
  ])('of %s over %d is by %d, in %d copies: no GPU is idle', (name, gpus, tensor, data) => {
    expect(splitOver(preset(name), gpus, {})).toEqual({ ok: true, split: { tensor, data, pipeline: 1, gpus } })
  })

  it('makes no copies that the file does not ask for, once it says anything', () => {
    expect(splitOver(preset('phi-4'), 8, { tensorParallel: 2 })).toMatchObject({ split: { data: 1, gpus: 2 } })
    expect(splitOver(preset('phi-4'), 8, { pipelineParallel: 2 })).toMatchObject({ split: { data: 1, gpus: 4 } })
    expect(splitOver(preset('phi-4'), 8, { dataParallel: 2 })).toMatchObject({ split: { tensor: 2, gpus: 4 } })
  })

  it('never leaves a head over, for any preset whose heads are known and any number of GPUs', () => {
    for (const entry of builtInCatalog.presets) {
      const attention = attentionOf(entry)
      for (const gpus of [1, 2, 3, 4, 8, 16]) {
        const divided = splitOver(entry, gpus, {})
        expect(divided.ok, entry.name).toBe(true)
        if (!divided.ok) continue
        const { tensor } = divided.split
        expect(gpus % tensor, entry.name).toBe(0)
        if (attention === undefined) expect(8 % tensor, entry.name).toBe(0)
        else {
          const { heads, kvHeads } = attention
          expect(heads % tensor, entry.name).toBe(0)
          expect(Math.max(kvHeads, tensor) % Math.min(kvHeads, tensor), entry.name).toBe(0)
        }
      }
    }
  })

  it('leaves to the layers and to copies what the file gives them', () => {
    const divided = splitOver(preset('llama-3.3-70b-instruct'), 8, { pipelineParallel: 2, dataParallel: 2 })
    expect(divided).toEqual({ ok: true, split: { tensor: 2, pipeline: 2, data: 2, gpus: 8 } })
  })

  it('of an unknown model is one GPU, or what the file says', () => {
    expect(splitOver(undefined, 8, {})).toMatchObject({ split: { gpus: 1 } })
    expect(splitOver(undefined, undefined, { tensorParallel: 2 })).toMatchObject({ split: { tensor: 2, gpus: 2 } })
  })
})

describe('a model on the GPUs of an instance', () => {
  it('is judged by the split that the file asks for', () => {
    const two = sku('Standard_NC48ads_A100_v4')
    const llama = preset('llama-3.3-70b-instruct')
    const whole = servingFit(llama, two, {}, 0)
    const alone = servingFit(llama, two, { tensorParallel: 1 }, 0)
    const layers = servingFit(llama, two, { tensorParallel: 1, pipelineParallel: 2 }, 0)
    expect(whole && fitInference(whole.estimate, two)).not.toBe('deny')
    expect(alone && fitInference(alone.estimate, two)).toBe('deny')
    expect(layers && fitInference(layers.estimate, two)).not.toBe('deny')
  })

  it.each([
    ['gpt-oss-20b', 'Standard_NV36ads_A10_v5'],
    ['gpt-oss-120b', 'Standard_NC24ads_A100_v4'],
    ['gpt-oss-120b', 'Standard_NC40ads_H100_v5'],
  ])('is admitted: %s on one GPU of %s', (name, type) => {
    const fit = servingFit(preset(name), sku(type), {}, 0)
    expect(fit && fitInference(fit.estimate, sku(type))).not.toBe('deny')
  })

  it('repeats the cache of a latent that all heads share on every GPU', () => {
    const fit = servingFit(preset('deepseek-v3-0324'), sku('Standard_ND96isr_H100_v5'), {}, 0)
    expect(fit?.estimate.kvBytesPerToken).toBe(preset('deepseek-v3-0324').kvBytesPerToken)
  })
})
