import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { REMOVED_FLAGS } from '#src/inference/engine-flags.ts'
import { parseInferenceConfig } from '#src/inference/inference-config.ts'
import { VLLM_FLAGS, VLLM_VERSION } from '#src/inference/vllm-flags.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

const parse = (vllm: Readonly<Record<string, unknown>>, contextLength?: number) =>
  parseInferenceConfig(stringify({ vllm }), contextLength === undefined ? {} : { contextLength })

const args = (vllm: Readonly<Record<string, unknown>>) => {
  const parsed = parse(vllm)
  return parsed.ok ? parsed.config.engineArgs : parsed.reason
}

const complaints = (vllm: Readonly<Record<string, unknown>>, contextLength?: number) => {
  const parsed = parse(vllm, contextLength)
  return parsed.ok ? [] : parsed.reason.map(({ path, detail, fix }) => `${path}: ${detail}; ${fix}`)
}

describe('parseInferenceConfig', () => {
  it('reads the context length, and gives the rest as sorted arguments', () => {
    expect(parse({ 'max-num-seqs': 8, 'max-model-len': 8192, dtype: 'half' }, 131_072)).toEqual({
      ok: true,
      config: { maxModelLen: 8192, maxNumSeqs: 8, engineArgs: ['--dtype=half', '--max-num-seqs=8'] },
      warnings: [],
    })
  })

  it('keeps what the memory estimate must know, as value and as argument', () => {
    expect(parse({ 'max-lora-rank': 128, gpu_memory_utilization: 0.8 })).toMatchObject({
      config: {
        maxLoraRank: 128,
        gpuMemoryUtilization: 0.8,
        engineArgs: ['--gpu-memory-utilization=0.8', '--max-lora-rank=128'],
      },
    })
  })

  it('writes switches as switches, lists and maps as JSON, and leaves null out', () => {
    expect(args({ 'enforce-eager': true })).toEqual(['--enforce-eager'])
    expect(args({ 'enable-prefix-caching': false })).toEqual(['--no-enable-prefix-caching'])
    expect(args({ 'limit-mm-per-prompt': { image: 1 } })).toEqual(['--limit-mm-per-prompt={"image":1}'])
    expect(args({ seed: null })).toEqual([])
  })

  it('keeps origins for the gateway, from a list or from its JSON', () => {
    const origins = ['http://ui.test', 'https://b.example:8443']
    for (const value of [origins, JSON.stringify(origins)]) {
      expect(parse({ 'allowed-origins': value })).toMatchObject({ config: { allowedOrigins: origins, engineArgs: [] } })
    }
    expect(parse({ allowed_origins: '*' })).toMatchObject({ config: { allowedOrigins: ['*'] } })
  })

  it.each([
    'ui.test',
    'http://ui.test/',
    'http://UI.test',
    'https://a:443',
    'null',
    'ftp://a',
    '',
    `http://${'a'.repeat(250)}.b`,
  ])('refuses %j as an origin', (origin) =>
    expect(complaints({ 'allowed-origins': [origin] }).join()).toContain('an origin is a scheme'),
  )

  it('refuses more origins than anybody has pages', () => {
    const origins = Array.from({ length: 33 }, (_, index) => `http://ui-${index}.test`)
    expect(complaints({ 'allowed-origins': origins }).join()).toContain('there is room for 32')
  })

  it("gives a chat template's text so that Python reads the same text again", () => {
    const template = "{{ 'naïve \\n 日本 😀' }}\n{% if x %}y{% endif %}"
    const [argument = ''] = args({ 'chat-template': template })
    expect(argument).toBe(
      "--chat-template={{ 'na\\u00efve \\\\n \\u65e5\\u672c \\U0001f600' }}\n{% if x %}y{% endif %}",
    )
  })

  it('accepts an empty file, and max-model-len auto as nothing said', () => {
    expect(parseInferenceConfig('')).toEqual({ ok: true, config: { engineArgs: [] }, warnings: [] })
    expect(parse({ 'max-model-len': 'auto' }, 4096)).toMatchObject({ config: { engineArgs: [] } })
  })

  it.each<[unknown, string]>([
    [4097, "the model's context ends at 4096 tokens"],
    [0, 'a whole number of tokens'],
    [-1, 'a whole number of tokens'],
    [1.5, 'a whole number of tokens'],
    ['4k', 'a whole number of tokens'],
    [[1], 'a whole number of tokens'],
  ])('refuses a context of %j tokens', (value, why) => {
    expect(complaints({ 'max-model-len': value }, 4096).join()).toContain(why)
  })

  it('accepts any context of a model whose own is not known', () => {
    expect(complaints({ 'max-model-len': 1_000_000 })).toEqual([])
  })

  it('refuses LoRA ranks that vLLM has no size for, and impossible shares of memory', () => {
    expect(complaints({ 'max-lora-rank': 24 }).join()).toContain('use one of 1, 8, 16, 32, 64, 128, 256, 320, 512')
    for (const share of [0, 1.1, '0.9', Number.NaN])
      expect(complaints({ 'gpu-memory-utilization': share })).toHaveLength(1)
  })

  it.each(['--seed', 'a b', '', 'a=b', '-x'])('refuses %j as the name of a flag', (flag) => {
    expect(complaints({ [flag]: 1 })).toHaveLength(1)
  })

  it("warns of keys at the top that nobody reads, upstream's among them", () => {
    const parsed = parseInferenceConfig('kv_cache_cpu_memory_utilization: 0.5\nmax-model-len: 4096\nx: 1\nvllm: {}')
    expect(parsed.ok && parsed.warnings.map(({ path, fix }) => `${path}: ${fix}`)).toEqual([
      'kv_cache_cpu_memory_utilization: remove it',
      'vllm.max-model-len: move it under vllm',
      'x: put settings of the server under vllm',
    ])
  })

  it.each(['- a', 'vllm: x', 'a: ['])('refuses the file %j', (text) => {
    expect(parseInferenceConfig(text).ok).toBe(false)
  })

  it('knows the flags of the release that the default image has', () => {
    expect(DEFAULT_SETTINGS.images.server).toBe(`docker.io/vllm/vllm-openai:v${VLLM_VERSION}`)
    expect(VLLM_FLAGS.length).toBeGreaterThan(300)
  })

  it.each(Object.keys(REMOVED_FLAGS))('refuses %s, which older releases had', (flag) => {
    expect(complaints({ [flag]: 1 }).join()).toContain('does not start')
  })

  it.each(['tensor-parallel', 'gpu-memory-util', 'max-model'])('refuses %s, which is cut off', (flag) => {
    expect(complaints({ [flag]: 1 }).join()).toContain('the name of a flag is cut off; write ')
  })

  it.each([0, 1.5, '2', true])('refuses %j GPUs', (value) => {
    expect(complaints({ 'tensor-parallel-size': value })).toHaveLength(1)
  })
})
