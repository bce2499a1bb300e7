import fc from 'fast-check'
import type { Workspace } from '#src/api/workspace.ts'
import type { Facts, Lookup, SecretFacts } from '#src/reading/facts.ts'
import { facts } from './sample.ts'

/** Values that rules look at closely, and anything else. */
const word = (...likely: string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...likely) }, { weight: 1, arbitrary: fc.string({ maxLength: 70 }) })

/** A record in which every field may be absent, as in any object that the CRD's schema lets through. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] })

const images = word(
  'myacr.azurecr.io/adapters/phi-3:0.0.1',
  'ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1',
  'busybox',
  '',
  'a@b',
)
const names = word('push', 'a', 'phi-3-adapter', 'ACR_REGISTRY_SECRET_HERE', '__proto__', 'constructor')
const open = fc.oneof(
  fc.constant({}),
  fc.constant({ emptyDir: {} }),
  fc.constant({ spec: { containers: [] } }),
  fc.constant({ spec: { containers: [{ securityContext: { privileged: true } }], volumes: [{ hostPath: {} }] } }),
  fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue()),
)

const preset = fc
  .tuple(
    word('phi-3-mini-4k-instruct', 'phi-3-mini-128k-instruct', 'phi-2', 'llama-3.1-8b-instruct', 'someone/model', ''),
    some({
      accessMode: fc.constantFrom('public' as const, 'private' as const),
      presetOptions: some({
        image: images,
        imagePullSecrets: fc.array(names, { maxLength: 3 }),
        modelAccessSecret: names,
      }),
    }),
  )
  .map(([name, rest]) => ({ name, ...rest }))

const source = some({
  name: names,
  urls: fc.array(word('https://example.com/a.parquet', 'http://127.1/x', 'file:///x', ''), { maxLength: 3 }),
  volumeSource: open,
  image: images,
  imagePullSecrets: fc.array(names, { maxLength: 3 }),
})

const selector = some({
  matchLabels: fc.dictionary(word('apps', 'kaito.sh/workspace', '__proto__'), word('phi', ''), { maxKeys: 3 }),
  matchExpressions: fc.array(
    fc
      .tuple(
        word('apps'),
        fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const),
        fc.array(word('a'), { maxLength: 2 }),
      )
      .map(([key, operator, values]) => ({ key, operator, values })),
    { maxLength: 3 },
  ),
})

const resource = fc
  .tuple(
    selector,
    some({
      count: fc.integer({ min: 1, max: 4 }),
      instanceType: word('Standard_NC6s_v3', 'standard_nc24ads_a100_v4', 'Standard_DS2_v2', 'p4d.24xlarge', ''),
    }),
  )
  .map(([labelSelector, rest]) => ({ labelSelector, ...rest }))

const adapter = some({ source, strength: word('1.0', '0.5', 'NaN', '-1', '') })

/** Any object of about the schema's shape: types are right, nothing else need be. */
export const anyWorkspace: fc.Arbitrary<Workspace> = fc
  .tuple(
    fc
      .tuple(
        word('phi', 'a'.repeat(60), ''),
        some({
          annotations: fc.dictionary(
            word('kaito.sh/runtime', 'kaito.sh/enablelb', 'kaito.sh/bypass-resource-checks', '__proto__'),
            word('vllm', 'True', ''),
            { maxKeys: 3 },
          ),
        }),
      )
      .map(([name, rest]) => ({ name, ...rest })),
    some({
      resource,
      inference: some({ preset, template: open, config: names, adapters: fc.array(adapter, { maxLength: 12 }) }),
      tuning: fc
        .tuple(
          source,
          some({ volumeSource: open, image: images, imagePushSecret: names }),
          some({ preset, method: word('lora', 'QLoRA', 'qlroa'), config: names }),
        )
        .map(([input, output, rest]) => ({ input, output, ...rest })),
    }),
  )
  .map(([metadata, rest]) => ({ metadata, ...rest }))

const yaml = word(
  'training_config: {LoraConfig: {r: 16}}',
  'training_config: {QuantizationConfig: {load_in_8bit: true}}',
  'vllm: {max-model-len: 8192}',
  'vllm: {max-lora-rank: 512}',
  '- - - -',
  '{{{{',
)

const configMaps = fc.dictionary(
  names,
  fc.oneof(
    fc.constant<Lookup<Readonly<Record<string, string>>>>({ state: 'missing' }),
    some({ 'training_config.yaml': yaml, 'inference_config.yaml': yaml }).map((value) => ({
      state: 'found' as const,
      value,
    })),
  ),
)

const secrets = fc.dictionary(
  names,
  fc.oneof(
    fc.constant<Lookup<SecretFacts>>({ state: 'unknown' }),
    fc
      .tuple(fc.array(word('.dockerconfigjson', 'HF_TOKEN')), fc.array(word('myacr.azurecr.io', 'https://x/')))
      .map(([keys, registries]) => ({
        state: 'found' as const,
        value: { type: 'Opaque', keys, registries, loginless: registries },
      })),
  ),
)

/** Any surroundings: create or update, each cloud, ConfigMaps and Secrets that may be there. The catalog is not repeated. */
export const anyFacts: fc.Arbitrary<Partial<Facts>> = fc
  .tuple(
    fc.constantFrom('azure' as const, 'aws' as const, 'arc' as const),
    fc.constantFrom('karpenter' as const, 'gpu-provisioner' as const, 'byo' as const),
    fc.constantFrom('restricted' as const, 'baseline' as const, 'privileged' as const),
    configMaps,
    secrets,
    fc.option(anyWorkspace, { nil: undefined }),
  )
  .map(([cloud, nodeProvisioner, templates, maps, found, old]) => ({
    policy: { ...facts.policy, cloud, nodeProvisioner, templates },
    configMaps: new Map(Object.entries(maps)),
    secrets: new Map(Object.entries(found)),
    ...(old === undefined ? {} : { operation: 'UPDATE' as const, old }),
  }))
