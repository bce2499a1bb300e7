import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { METHOD } from '#src/tuning/methods/index.ts'
import { outputDirFault } from '#src/tuning/output-dir.ts'
import { parseTrainingConfig, resolveTrainingConfig } from '#src/tuning/training-config.ts'
import { HINTS, WITHOUT_EFFECT } from '#src/tuning/training-hints.ts'
import { sectionKeys } from '#src/tuning/training-schema.ts'

type Sections = Readonly<Record<string, unknown>>

const parse = (sections: Sections, method: 'lora' | 'qlora' = 'lora') =>
  parseTrainingConfig(stringify({ training_config: sections }), METHOD[method])

/** Complaints as `path: detail; fix`. */
const complaints = (sections: Sections, method: 'lora' | 'qlora' = 'lora') => {
  const parsed = parse(sections, method)
  return parsed.ok ? [] : parsed.reason.map(({ path, detail, fix }) => `${path}: ${detail}; ${fix}`)
}

/** KAITO's qlora-params-template, key by key. */
const TEMPLATE = {
  ModelConfig: { torch_dtype: 'bfloat16', local_files_only: true, device_map: 'auto' },
  QuantizationConfig: {
    load_in_4bit: true,
    bnb_4bit_quant_type: 'nf4',
    bnb_4bit_compute_dtype: 'bfloat16',
    bnb_4bit_use_double_quant: true,
  },
  LoraConfig: { r: 8, lora_alpha: 8, lora_dropout: 0.0 },
  TrainingArguments: {
    output_dir: '/mnt/results',
    ddp_find_unused_parameters: false,
    save_strategy: 'no',
    per_device_train_batch_size: 1,
  },
  DataCollator: { mlm: true },
  DatasetConfig: { shuffle_dataset: true, train_test_split: 1 },
}

describe('parseTrainingConfig', () => {
  it("accepts upstream's templates as they are", () => {
    expect(parse(TEMPLATE, 'qlora')).toEqual({ ok: true, config: TEMPLATE, ignored: [] })
    expect(complaints({ ...TEMPLATE, QuantizationConfig: { load_in_4bit: false } }, 'lora')).toEqual([])
  })

  it("accepts every method's own defaults", () => {
    for (const method of Object.values(METHOD)) expect(complaints({ ...method.defaults }, method.name)).toEqual([])
  })

  it('accepts empty sections and an empty config', () => {
    expect(parse({ LoraConfig: null })).toEqual({ ok: true, config: { LoraConfig: {} }, ignored: [] })
    expect(parseTrainingConfig('training_config:', METHOD.lora)).toEqual({ ok: true, config: {}, ignored: [] })
  })

  it.each<[string, Sections, string]>([
    ['an unknown section', { LoRAConfig: {} }, 'LoRAConfig: there is no such section; did you mean "LoraConfig"?'],
    [
      'a section that is a list',
      { LoraConfig: [1] },
      'LoraConfig: a section holds keys and values; see docs/training-config.md',
    ],
    [
      'a misspelt key',
      { LoraConfig: { lora_aplha: 8 } },
      'LoraConfig.lora_aplha: LoraConfig has no such key; did you mean "lora_alpha"?',
    ],
    [
      'a key of another section',
      { TrainingArguments: { lora_dropout: 0.1 } },
      'TrainingArguments.lora_dropout: TrainingArguments has no such key; it belongs into LoraConfig',
    ],
    [
      'a name of older versions',
      { TrainingArguments: { max_seq_length: 512 } },
      'TrainingArguments.max_seq_length: the trainer does not know this name; write max_length',
    ],
    [
      'a rank below 1',
      { LoraConfig: { r: -5 } },
      'LoraConfig.r: it must be a whole number from 1 to 512; write for example 1',
    ],
    [
      'a rank above 512',
      { LoraConfig: { r: 1024 } },
      'LoraConfig.r: it must be a whole number from 1 to 512; write for example 512',
    ],
    [
      'a rank that is a text',
      { LoraConfig: { r: '8' } },
      'LoraConfig.r: it must be a whole number from 1 to 512; write for example 1',
    ],
    [
      'a rank that is no whole number',
      { LoraConfig: { r: 8.5 } },
      'LoraConfig.r: it must be a whole number from 1 to 512; write for example 1',
    ],
    [
      'a batch of 0',
      { TrainingArguments: { per_device_train_batch_size: 0 } },
      'TrainingArguments.per_device_train_batch_size: it must be a whole number from 1 to 4096; write for example 1',
    ],
    [
      'an infinite learning rate',
      { TrainingArguments: { learning_rate: Number.POSITIVE_INFINITY } },
      'TrainingArguments.learning_rate: it must be a number above 0, up to 1; write for example 1',
    ],
    [
      'a misspelt choice',
      { QuantizationConfig: { bnb_4bit_quant_type: 'nf5' } },
      'QuantizationConfig.bnb_4bit_quant_type: it must be one of nf4, fp4; did you mean "nf4"?',
    ],
    [
      'a list of numbers for modules',
      { LoraConfig: { target_modules: [1] } },
      'LoraConfig.target_modules.0: it must be a list of texts or a text or null; write for example [q_proj, v_proj]',
    ],
    [
      'an upload to a hub',
      { TrainingArguments: { push_to_hub: true } },
      'TrainingArguments.push_to_hub: the adapter is pushed as an image, not to a hub; remove it and set tuning.output',
    ],
    [
      'code from a repository',
      { ModelConfig: { trust_remote_code: true } },
      'ModelConfig.trust_remote_code: code from a model repository is not run; remove it',
    ],
    [
      'a tracker',
      { TrainingArguments: { report_to: 'wandb' } },
      'TrainingArguments.report_to: it must be one of none, null, []; write for example "none"',
    ],
  ])('refuses %s', (_, sections, line) => {
    expect(complaints(sections)).toEqual([line])
  })

  it('reports all mistakes at once', () => {
    expect(complaints({ LoraConfig: { r: 0, x: 1 }, DatasetConfig: { train_test_split: 2 } })).toHaveLength(3)
  })

  it('says no to what is said anyway, and leaves it out', () => {
    const parsed = parse({ ModelConfig: { trust_remote_code: false }, TrainingArguments: { push_to_hub: false } })
    expect(parsed).toEqual({ ok: true, config: { ModelConfig: {}, TrainingArguments: {} }, ignored: [] })
  })

  it('leaves out keys of upstream that change nothing here, and names them', () => {
    const parsed = parse({ ModelConfig: { cache_dir: '/x', torch_dtype: 'float16' } })
    expect(parsed).toMatchObject({ ok: true, config: { ModelConfig: { torch_dtype: 'float16' } } })
    expect(parsed.ok && parsed.ignored.map(({ path }) => path)).toEqual(['ModelConfig.cache_dir'])
  })

  it.each([
    ['not YAML', 'a: [', ''],
    ['no training_config', 'LoraConfig: {r: 8}', 'training_config'],
    ['other keys beside it', 'training_config: {}\nLoraConfig: {}', 'LoraConfig'],
    ['a list', '- a', 'training_config'],
    ['a training_config that is a text', 'training_config: x', 'training_config'],
  ])('refuses a file with %s', (_, text, path) => {
    const parsed = parseTrainingConfig(text, METHOD.lora)
    expect(parsed.ok ? [] : parsed.reason.map((each) => each.path)).toEqual([path])
  })
})

describe('quantisation', () => {
  const quantized = (method: 'lora' | 'qlora', section: Sections) =>
    complaints({ QuantizationConfig: section }, method).map((line) => line.split(':')[0])

  it('lora takes neither 4 nor 8 bits', () => {
    expect(quantized('lora', {})).toEqual([])
    expect(quantized('lora', { load_in_4bit: true })).toEqual(['QuantizationConfig.load_in_4bit'])
    expect(quantized('lora', { load_in_8bit: true })).toEqual(['QuantizationConfig.load_in_8bit'])
  })

  it('qlora takes exactly one of them, 4 when nothing is said', () => {
    expect(quantized('qlora', {})).toEqual([])
    expect(quantized('qlora', { load_in_8bit: true })).toEqual([])
    expect(quantized('qlora', { load_in_4bit: true, load_in_8bit: false })).toEqual([])
    expect(quantized('qlora', { load_in_4bit: true, load_in_8bit: true })).toEqual(['QuantizationConfig.load_in_8bit'])
    expect(quantized('qlora', { load_in_4bit: false })).toEqual(['QuantizationConfig.load_in_4bit'])
  })

  it('is not written under ModelConfig', () => {
    expect(complaints({ ModelConfig: { load_in_4bit: true } }, 'qlora')).toEqual([
      'ModelConfig.load_in_4bit: quantisation has a section of its own; write QuantizationConfig.load_in_4bit',
    ])
  })
})

describe('resolveTrainingConfig', () => {
  it("is the method's defaults where nothing is said", () => {
    expect(resolveTrainingConfig(METHOD.qlora)).toEqual(METHOD.qlora.defaults)
    expect(resolveTrainingConfig(METHOD.lora).QuantizationConfig).toEqual({ load_in_4bit: false, load_in_8bit: false })
  })

  it("lays the user's values over them, key by key", () => {
    const resolved = resolveTrainingConfig(METHOD.qlora, { LoraConfig: { r: 64 }, TrainingArguments: { max_steps: 5 } })
    expect(resolved.LoraConfig).toEqual({ ...METHOD.qlora.defaults.LoraConfig, r: 64 })
    expect(resolved.TrainingArguments).toEqual({ ...METHOD.qlora.defaults.TrainingArguments, max_steps: 5 })
    expect(Object.keys(resolved)).toEqual([...TRAINING_SECTIONS])
  })

  it('has one name for the number format, whichever the file has', () => {
    const formatOf = (ModelConfig: Readonly<Record<string, unknown>>) => {
      const { torch_dtype, dtype } = resolveTrainingConfig(METHOD.lora, { ModelConfig }).ModelConfig
      return { torch_dtype, dtype }
    }
    expect(formatOf({})).toEqual({ torch_dtype: 'bfloat16' })
    expect(formatOf({ dtype: 'float32' })).toEqual({ torch_dtype: 'float32' })
    expect(formatOf({ torch_dtype: 'float16' })).toEqual({ torch_dtype: 'float16' })
  })

  it('drops the defaults for 4 bits when 8 are asked for, and quant_method always', () => {
    const asked = { QuantizationConfig: { load_in_8bit: true, quant_method: 'bitsandbytes' } }
    expect(resolveTrainingConfig(METHOD.qlora, asked).QuantizationConfig).toEqual({
      load_in_4bit: false,
      load_in_8bit: true,
    })
  })
})

describe('output_dir', () => {
  it.each(['/mnt/results', '/mnt/results/', '/mnt/a/b', 'results', './results', '/mnt/./results'])(
    'may be %s',
    (path) => {
      expect(outputDirFault(path)).toBeUndefined()
      expect(complaints({ TrainingArguments: { output_dir: path } })).toEqual([])
    },
  )

  it.each([
    '/mnt',
    '/mnt/',
    '/',
    '.',
    '../mntevil/x',
    '/mntevil/x',
    '/mnt/../etc',
    '/mnt/a/../../etc',
    '/etc',
    '/mnt/data',
    'weights/x',
    '/mnt/a\u0000b',
    '..',
  ])('may not be %j', (path) => {
    expect(outputDirFault(path)).toBeDefined()
    expect(complaints({ TrainingArguments: { output_dir: path } })).toHaveLength(1)
  })
})

describe('the tables of keys', () => {
  it('have no key that is also refused or without effect', () => {
    for (const section of TRAINING_SECTIONS) {
      const known = Object.keys(sectionKeys(section))
      for (const key of [...Object.keys(HINTS[section] ?? {}), ...(WITHOUT_EFFECT[section] ?? [])]) {
        expect(known, `${section}.${key}`).not.toContain(key)
      }
    }
  })
})
