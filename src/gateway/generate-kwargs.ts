import type { Result } from '#src/lib/result.ts'

/** Sampling in the engine's words. The two lengths of transformers count the prompt, so they need its token count. */
export interface Sampling {
  /** Fields of an OpenAI completions request as vLLM extends it. */
  readonly fields: Readonly<Record<string, unknown>>
  /** New tokens at most; absent where `maxLength` decides. */
  readonly maxNewTokens: number | undefined
  /** Prompt and answer together, where the caller asked for it so. */
  readonly maxLength: number | undefined
}

export type GenerateKwargs = Result<
  { readonly sampling: Sampling; readonly ignored: readonly string[] },
  string,
  { readonly key: string }
>

/** Reads transformers' `generate_kwargs`. Defaults are KAITO's: sampling on, temperature 1, top_k 10, 200 tokens. */
export function readGenerateKwargs(kwargs: Readonly<Record<string, unknown>>): GenerateKwargs {
  const fields: Record<string, unknown> = { temperature: 1, top_k: 10, top_p: 1 }
  const ignored: string[] = []
  let maxLength: number | undefined
  let maxNewTokens: number | undefined
  for (const [key, value] of Object.entries(kwargs)) {
    if (value === null || value === undefined) continue
    const rule = RULES.get(key)
    if (rule === undefined) {
      if (!isHarmless(key, value)) ignored.push(key)
      continue
    }
    if (!rule.accepts(value)) return { ok: false, key, reason: `Input should be ${rule.what}` }
    if (key === 'max_length') maxLength = Number(value)
    else if (key === 'max_new_tokens') maxNewTokens = Number(value)
    else Object.assign(fields, rule.fields?.(value))
  }
  // Greedy decoding in the engine's words; it has no switch of its own, and top_k must not contradict it.
  if (kwargs['do_sample'] === false) Object.assign(fields, { temperature: 0, top_k: -1 })
  const limit = maxNewTokens ?? (maxLength === undefined ? DEFAULT_NEW_TOKENS : undefined)
  return {
    ok: true,
    sampling: { fields, maxNewTokens: limit, maxLength: limit === undefined ? maxLength : undefined },
    ignored,
  }
}

const DEFAULT_NEW_TOKENS = 200

interface Rule {
  readonly accepts: (value: unknown) => boolean
  readonly what: string
  readonly fields?: (value: unknown) => Record<string, unknown>
}

const number = (what: string, accepts: (n: number) => boolean, field?: string): Rule => ({
  what,
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && accepts(value),
  ...(field !== undefined && { fields: (value) => ({ [field]: value }) }),
})
const whole = (least: number, field?: string): Rule =>
  number(`a whole number, at least ${least}`, (n) => Number.isInteger(n) && n >= least, field)

const RULES = new Map<string, Rule>([
  ['max_length', whole(1)],
  ['max_new_tokens', whole(1)],
  ['min_new_tokens', whole(0, 'min_tokens')],
  ['temperature', number('a number, at least 0', (n) => n >= 0, 'temperature')],
  ['top_p', number('a number above 0 and at most 1', (n) => n > 0 && n <= 1, 'top_p')],
  ['repetition_penalty', number('a number above 0', (n) => n > 0, 'repetition_penalty')],
  ['seed', whole(0, 'seed')],
  [
    'top_k',
    {
      // transformers turns top_k off by 0, vLLM by -1.
      ...whole(0),
      fields: (value) => ({ top_k: value === 0 ? -1 : value }),
    },
  ],
  ['do_sample', { what: 'true or false', accepts: (value) => typeof value === 'boolean', fields: () => ({}) }],
  ['eos_token_id', { ...whole(0), fields: (value) => ({ stop_token_ids: [value] }) }],
  [
    'stop_strings',
    {
      what: 'a text or a list of texts',
      accepts: (value) =>
        typeof value === 'string' || (Array.isArray(value) && value.every((s) => typeof s === 'string')),
      fields: (value) => ({ stop: value }),
    },
  ],
])

/** Values that change nothing, so that a client sending every default is not told of ignored parameters. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  min_length: 0,
  num_beams: 1,
  early_stopping: false,
  typical_p: 1,
  num_return_sequences: 1,
}

function isHarmless(key: string, value: unknown): boolean {
  return key === 'pad_token_id' || (Object.hasOwn(NEUTRAL, key) && NEUTRAL[key] === value)
}
