import fc from 'fast-check'
import type { Workspace } from '#src/api/workspace.ts'
import { anyWorkspace } from '#test/unit/rules/any-workspace.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'

/** One review, and what the API server would hold of what it names. */
export interface FuzzCase {
  readonly kind: 'shaped' | 'large' | 'json' | 'bytes'
  readonly body: Buffer
  /** The text of every ConfigMap's training_config.yaml and inference_config.yaml. */
  readonly yaml: string
  readonly secret: { readonly type: string; readonly data: Readonly<Record<string, string>> } | undefined
}

const yamlToken = fc.constantFrom(
  ...['training_config:', 'vllm:', 'LoraConfig:', 'QuantizationConfig:', 'TrainingArguments:', 'DatasetConfig:'],
  ...['r: 16', 'r: -1', 'lora_alpha: 1e400', 'load_in_4bit: true', 'load_in_8bit: yes', 'output_dir: /mnt/../etc'],
  ...['max-model-len: 8192', 'max-model-len: .nan', 'max_length: 99999999999999999999', 'target_modules: [a, *a]'],
  ...[
    '&a [*a]',
    '*a',
    '<<: *a',
    '? ',
    '- ',
    '- - - - - - - - - ',
    '{',
    '}',
    '[',
    ']',
    '[[[[[[[[[[[[[[[[[[[',
    '!!js/function x',
  ],
  ...[
    '"',
    "'",
    '|',
    '>',
    '#',
    '%YAML 1.1',
    '---',
    '...',
    ':',
    ',',
    '\t',
    '__proto__: {a: 1}',
    'constructor: x',
    '2026-11-23',
  ],
)
const line = fc.tuple(fc.nat({ max: 8 }), yamlToken, fc.oneof({ weight: 3, arbitrary: fc.constant('') }, yamlToken))
const yaml = fc.oneof(
  {
    weight: 120,
    arbitrary: fc
      .array(line, { maxLength: 12 })
      .map((lines) => lines.map(([indent, ...tokens]) => ' '.repeat(indent) + tokens.join(' ')).join('\n')),
  },
  { weight: 40, arbitrary: fc.array(yamlToken, { maxLength: 12 }).map((tokens) => tokens.join('')) },
  { weight: 40, arbitrary: fc.string({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.tuple(yamlToken, fc.nat({ max: 4000 })).map(([token, times]) => token.repeat(times)) },
)

const secret = fc.option(
  fc.record({
    type: fc.constantFrom('Opaque', 'kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'),
    data: fc.dictionary(
      fc.constantFrom('.dockerconfigjson', 'HF_TOKEN', '__proto__'),
      fc.oneof(
        fc.constant('eyJhdXRocyI6eyJhLmlvIjp7fX19'),
        fc.jsonValue({ maxDepth: 3 }).map((value) => Buffer.from(JSON.stringify(value)).toString('base64')),
        fc.string({ maxLength: 30 }),
      ),
    ),
  }),
  { nil: undefined },
)

const request = fc.record({
  operation: fc.constantFrom('CREATE' as const, 'UPDATE' as const),
  dryRun: fc.boolean(),
})

const reviewOf = (object: unknown, old: unknown, rest: { operation: 'CREATE' | 'UPDATE'; dryRun: boolean }) =>
  JSON.stringify(admissionReview({ object, oldObject: rest.operation === 'UPDATE' ? old : null, ...rest }))

/** The guard refuses a body with such a key before anything else looks at it, which would be most of the bodies. */
const withoutProto = (text: string) => Buffer.from(text.replaceAll('"__proto__":', '"proto__":'))

/** An object of the schema's shape in which anything may be missing or wrong, alone or as a change of another one. */
const shaped = fc
  .tuple(anyWorkspace, fc.option(anyWorkspace, { freq: 3 }), request)
  .map(([workspace, old, rest]) => reviewOf(workspace, old ?? relabelled(workspace), rest))

const relabelled = (workspace: Workspace): Workspace => ({
  ...workspace,
  metadata: { ...workspace.metadata, labels: { a: 'b' } },
})

/** Any JSON in place of the Workspace, or of one of its parts: nothing that the definition's schema would let through. */
const json = fc
  .tuple(anyWorkspace, fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), fc.nat({ max: 5 }), request)
  .map(([workspace, value, old, part, rest]) => {
    const name = (['metadata', 'resource', 'inference', 'tuning', 'status'] as const)[part]
    return reviewOf(name === undefined ? value : { ...workspace, [name]: value }, old, rest)
  })

/** Bytes: a review with some of them replaced, cut off or repeated, or none at all. */
const bytes = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: shaped },
      { weight: 1, arbitrary: fc.string({ maxLength: 300 }).map(Buffer.from) },
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    fc.nat(),
    fc.constantFrom('keep', 'cut', 'twice', 'deep'),
  )
  .map(([text, changes, at, what]) => {
    const changed = Buffer.from(text)
    for (const [index, byte] of changes) if (changed.length > 0) changed[index % changed.length] = byte
    if (what === 'cut') return changed.subarray(0, at % (changed.length + 1))
    if (what === 'twice') return Buffer.concat([changed, changed])
    return what === 'deep' ? Buffer.from('['.repeat(at % 200_000)) : changed
  })

/** As much as the API server takes of one object, less what else is in it. */
const SIZE = 2_900_000
const filler = 'x'.repeat(SIZE / 11_000 - 60)

const of = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

/** 3 MB of something where a Workspace has room for it, shared by the old object or only there. */
const large = fc
  .tuple(
    anyWorkspace,
    fc.constantFrom('metadata', 'resource', 'inference', 'tuning', 'status'),
    fc.constantFrom(...['annotations', 'labelSelector', 'template', 'adapters', 'input', 'conditions', 'other']),
    fc.constantFrom<unknown>(
      'x'.repeat(SIZE),
      '"'.repeat(SIZE / 2),
      { matchLabels: { ['x'.repeat(SIZE)]: 'x' } },
      { matchLabels: Object.fromEntries(of(11_000, (n) => [`key-of-a-label/${n}${filler}`, 'x'])) },
      { urls: of(11_000, (n) => `https://a.example/data-${n}.parquet?${filler}`) },
      { urls: of(90_000, (n) => `https://a.example/${n}.parquet`) },
      of(5000, (n) => ({ source: { name: `${n}`, image: `a.io/adapters/${n}:0.0.1`, text: `${filler}${filler}` } })),
      { spec: { containers: of(8000, () => ({ name: 'x'.repeat(350) })) } },
      of(1_400_000, () => 1),
    ),
    fc.constantFrom('shared', 'only before', 'only now'),
    request,
  )
  .map(([workspace, part, field, value, where, rest]) => {
    const filled = { ...workspace, [part]: { ...workspace[part], [field]: value } }
    const changed = { ...filled, metadata: { ...filled.metadata, annotations: { 'kaito.sh/restart': '1' } } }
    if (where === 'shared') return reviewOf(changed, filled, rest)
    return where === 'only now' ? reviewOf(filled, workspace, rest) : reviewOf(workspace, filled, rest)
  })

/** Rarely: each takes as long as several hundred others. */
const LARGE_OF = 1000

const kinds = [
  ...Array.from({ length: 7 }, () => shaped.map((text) => ({ kind: 'shaped' as const, body: withoutProto(text) }))),
  ...Array.from({ length: 2 }, () => json.map((text) => ({ kind: 'json' as const, body: withoutProto(text) }))),
  bytes.map((body) => ({ kind: 'bytes' as const, body })),
]

export const fuzzCase: fc.Arbitrary<FuzzCase> = fc
  .tuple(
    fc.oneof(
      { weight: LARGE_OF - 1, arbitrary: fc.oneof(...kinds) },
      { weight: 1, arbitrary: large.map((text) => ({ kind: 'large' as const, body: withoutProto(text) })) },
    ),
    yaml,
    secret,
  )
  .map(([review, text, found]) => ({ ...review, yaml: text, secret: found }))
