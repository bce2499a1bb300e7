import { Agent } from 'undici'
import { post } from '#test/integration/webhooks/rig.ts'
import { tuningSpec } from '#test/support/workspaces.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'
import type { Tally } from './tally.ts'
import { lostBy, type WebhookTarget } from './target.ts'

const NAMESPACE = 'prod'

/** What only those may read who may read Secrets and ConfigMaps of that namespace. */
const CANARIES = ['canary-value', 'CANARY_KEY', 'canary.registry.example', 'canary/type', 'AKIACANARY']

const base64 = (text: string) => Buffer.from(text).toString('base64')

const SECRETS = [
  { name: 'opaque', type: 'Opaque', data: { CANARY_KEY: base64('canary-value') } },
  { name: 'own-type', type: 'canary/type', data: { CANARY_KEY: base64('canary-value') } },
  {
    name: 'login',
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64('{"auths":{"canary.registry.example:5000":{"auth":"Y2FuYXJ5LXZhbHVl"}}}') },
  },
]

const CONFIGS = [
  'training_config: {TrainingArguments: {learning_rate: AKIACANARY}}',
  'training_config: {AKIACANARY: {learning_rate: 1}}',
  'AKIACANARY',
  'training_config: {TrainingArguments: {output_dir: AKIACANARY}}',
  'training_config: [AKIACANARY',
  'vllm: {max-model-len: AKIACANARY}',
  'vllm: {AKIACANARY: 1}',
]

/** Reviews as the API server sends them, made up by a stranger who wants to know what is in a namespace that is not theirs. */
export async function forgedReviews(target: WebhookTarget): Promise<Tally> {
  const { api, host, port, ca, servername } = target
  await api.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  for (const { name, type, data } of SECRETS) {
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, data }
    await api.call('POST', `/api/v1/namespaces/${NAMESPACE}/secrets`, object)
  }
  for (const [index, text] of CONFIGS.entries()) {
    const data = { 'training_config.yaml': text, 'inference_config.yaml': text }
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `config-${index}` }, data }
    await api.call('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, object)
  }
  const agent = new Agent({ connections: 1, connect: { ca, servername, timeout: 10_000 } })
  const lost: string[] = []
  let tried = 0
  for (const path of ['validate', 'mutate']) {
    for (const review of reviews()) {
      tried++
      const { text } = await post(
        agent,
        `https://${host.includes(':') ? `[${host}]` : host}:${port}/${path}`,
        JSON.stringify(review),
      )
      const told = CANARIES.filter((canary) => text.includes(canary))
      if (told.length > 0) lost.push(`${path} ${review.request.name}: told ${told.join(', ')}: ${text.slice(0, 400)}`)
    }
  }
  await agent.close()
  return {
    attack: 'forged reviews that ask for Secrets and ConfigMaps of others',
    tried,
    lost: [...lost, ...(await lostBy(target))],
  }
}

function* reviews() {
  const identities = [
    { username: 'system:apiserver', groups: ['system:masters'] },
    { username: 'system:anonymous', groups: ['system:unauthenticated'] },
  ]
  for (const userInfo of identities) {
    for (const operation of ['CREATE', 'UPDATE'] as const) {
      for (const dryRun of [true, false]) {
        const of = (name: string, object: object) =>
          admissionReview({
            name,
            namespace: NAMESPACE,
            operation,
            dryRun,
            userInfo,
            object: { ...object, metadata: { name, namespace: NAMESPACE } },
            ...(operation === 'UPDATE'
              ? { oldObject: { ...tuningSpec(), metadata: { name, namespace: NAMESPACE } } }
              : {}),
          })
        for (const { name } of SECRETS) {
          const { output, input } = tuningSpec().tuning ?? {}
          yield of(`push-${name}`, tuningSpec({ output: { ...output, imagePushSecret: name } }))
          const image = 'canary.example.com/a/b:1'
          yield of(`pull-${name}`, tuningSpec({ input: { ...input, urls: [], image, imagePullSecrets: [name] } }))
          const presetOptions = { modelAccessSecret: name, image, imagePullSecrets: [name] }
          yield of(`token-${name}`, tuningSpec({ preset: { name: 'phi-3-mini-128k-instruct', presetOptions } }))
        }
        for (const index of CONFIGS.keys()) {
          yield of(`config-${index}`, tuningSpec({ config: `config-${index}` }))
          const { tuning: _, ...rest } = tuningSpec()
          const inference = { preset: { name: 'phi-3-mini-128k-instruct' }, config: `config-${index}` }
          yield of(`served-${index}`, { ...rest, inference })
        }
      }
    }
  }
}
