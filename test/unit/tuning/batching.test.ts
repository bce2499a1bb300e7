import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset, findSku } from '#src/catalog/catalog.ts'
import { perGpuGiB } from '#src/estimate/fit.ts'
import { configOn, trainingEstimate } from '#src/reading/training-room.ts'
import { batching, LEAST_ROOM, type Room } from '#src/tuning/batching.ts'
import { METHOD } from '#src/tuning/methods/index.ts'

const upTo = (most: number, gpus = 1): Room => ({ gpus, fits: (size) => size <= most })
const batch = (user: Parameters<typeof batching>[0], room: Room) => {
  const { per_device_train_batch_size: size, gradient_accumulation_steps: times } = batching(user, room)
  return [size, times]
}

describe('rows of a step where the file says nothing', () => {
  it.for<[string, Room, readonly number[]]>([
    ['one at a time where nothing is known', LEAST_ROOM, [1, 16]],
    ['as many at a time as fit', upTo(4), [4, 4]],
    ['eight at a time at most', upTo(64), [8, 2]],
    ['shared out over GPUs', upTo(64, 4), [4, 1]],
    ['shared out over GPUs that hold little', upTo(1, 4), [1, 4]],
    ['sixteen or more on sixteen GPUs', upTo(64, 16), [1, 1]],
  ])('are %s', ([, room, want]) => {
    expect(batch({}, room)).toEqual(want)
  })
})

describe('rows of a step', () => {
  it.for<[Parameters<typeof batching>[0], readonly number[]]>([
    [{ per_device_train_batch_size: 1, gradient_accumulation_steps: 1 }, [1, 1]],
    [{ per_device_train_batch_size: 2 }, [2, 8]],
    [{ per_device_train_batch_size: 32 }, [32, 1]],
    [{ gradient_accumulation_steps: 4 }, [4, 4]],
    [{ gradient_accumulation_steps: 64 }, [1, 64]],
  ])('keep what the file says: %j', ([user, want]) => {
    expect(batch(user, upTo(8))).toEqual(want)
  })

  it('are put together by length, unless the file orders them, or there is nothing to pad', () => {
    const order = (user: Parameters<typeof batching>[0], room: Room) => batching(user, room)['train_sampling_strategy']
    expect(order({}, upTo(8))).toBe('group_by_length')
    expect(order({}, upTo(1))).toBeUndefined()
    expect(order({ packing: true }, upTo(8))).toBeUndefined()
    expect(order({ per_device_train_batch_size: 4 }, upTo(8))).toBeUndefined()
    expect(order({ train_sampling_strategy: 'random' }, upTo(8))).toBeUndefined()
  })

  it('are evaluated as many at a time as are trained on, unless the file says otherwise', () => {
    expect(batching({}, upTo(4))['per_device_eval_batch_size']).toBe(4)
    expect(batching({ per_device_eval_batch_size: 2 }, upTo(4))).not.toHaveProperty('per_device_eval_batch_size')
  })
})

describe('the batch for a model on a GPU', () => {
  const runs = builtInCatalog.presets
    .filter(({ tuning, architecture, retired }) => tuning && architecture && !retired)
    .flatMap((preset) =>
      ['Standard_NC4as_T4_v3', 'Standard_NV36ads_A10_v5', 'Standard_NC24ads_A100_v4', 'Standard_NC96ads_A100_v4'].map(
        (name) => ({ preset, sku: findSku(builtInCatalog, 'azure', name) }),
      ),
    )

  it('leaves memory to spare wherever it is more than one row', () => {
    let larger = 0
    for (const { preset, sku } of runs) {
      if (sku === undefined) throw new Error('there is no such type')
      for (const method of [METHOD.lora, METHOD.qlora]) {
        const config = configOn({ preset, method, sku, gpus: sku.gpuCount })
        if (Number(config.TrainingArguments['per_device_train_batch_size']) === 1) continue
        larger++
        const { high = Number.POSITIVE_INFINITY } = trainingEstimate({ preset, method, sku }, config) ?? {}
        expect(high, `${preset.name} on ${sku.name}`).toBeLessThanOrEqual(perGpuGiB(sku))
      }
    }
    expect(larger).toBeGreaterThan(runs.length / 2)
  })

  it('makes a matter of hours of 15,000 rows', () => {
    const preset = findPreset(builtInCatalog, 'phi-3-mini-128k-instruct')
    const sku = findSku(builtInCatalog, 'azure', 'Standard_NC6s_v3')
    if (preset === undefined) throw new Error('there is no such preset')
    const { TrainingArguments: made } = configOn({ preset, method: METHOD.qlora, sku, gpus: 1 })
    const rows = Number(made['per_device_train_batch_size']) * Number(made['gradient_accumulation_steps'])
    expect((15_000 * Number(made['num_train_epochs'])) / rows).toBeLessThan(3000)
  })
})
