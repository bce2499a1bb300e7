import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { facts, pulled, pushed, servingWith, tuningWith } from '#test/unit/rules/sample.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'
import { type AdmissionRig, startAdmissionRig } from './rig.ts'

/** Exists nowhere else: wherever it turns up, it got there from somebody's ConfigMap or Secret. */
const CANARY = 'AKIACANARY7F3A'
const auth = Buffer.from(`robot:${CANARY}`).toString('base64')
const docker = (...hosts: string[]) =>
  JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) })
const DOCKER = 'kubernetes.io/dockerconfigjson'

const CONFIGS: Readonly<Record<string, string>> = {
  'wrong-value': `training_config: {TrainingArguments: {learning_rate: ${CANARY}}}`,
  'wrong-section': `training_config: {LoraConfig: ${CANARY}}`,
  'wrong-module': `training_config: {LoraConfig: {target_modules: [q_proj, ${CANARY}]}}`,
  'wrong-text': `training_config: {LoraConfig: {target_modules: ${CANARY}}}`,
  'no-effect': `training_config: {TrainingArguments: {report_to: ${CANARY}, hub_token: ${CANARY}}}`,
  'no-yaml': `training_config: "${CANARY}\n password: ${CANARY}`,
  'no-map': CANARY,
  'odd-alias': `training_config: *${CANARY}`,
  'odd-tag': `training_config: !${CANARY} x`,
}
const SERVING: Readonly<Record<string, string>> = {
  'a-path': `vllm: {hf-overrides: {a: /home/${CANARY}}}`,
  'an-address': `vllm: {compilation-config: 'https://${CANARY}'}`,
  'a-length': `vllm: {max-model-len: ${CANARY}}`,
  'a-key': `vllm: {api-key: ${CANARY}}`,
  'a-top': `password: ${CANARY}`,
  'no-flags': `vllm: ${CANARY}`,
}

/** Nobody in particular: no account, no certificate, a review that no API server wrote. */
describe('whoever asks the webhook without an API server', () => {
  let rig: AdmissionRig
  let namespace: string
  const agent = new Agent({ connect: { rejectUnauthorized: false } })

  beforeAll(async () => {
    rig = await startAdmissionRig()
    namespace = await rig.namespaceOf(facts.policy)
    const make = (plural: string, kind: string, name: string, rest: object) =>
      rig.api.must('POST', `/api/v1/namespaces/${namespace}/${plural}`, {
        apiVersion: 'v1',
        kind,
        metadata: { name },
        ...rest,
      })
    for (const [name, text] of Object.entries(CONFIGS))
      await make('configmaps', 'ConfigMap', name, { data: { 'training_config.yaml': text, [CANARY]: CANARY } })
    for (const [name, text] of Object.entries(SERVING))
      await make('configmaps', 'ConfigMap', name, { data: { 'inference_config.yaml': text } })
    await make('configmaps', 'ConfigMap', 'other-keys', { data: { [CANARY]: CANARY } })
    const secrets: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
      ['other-hosts', DOCKER, { '.dockerconfigjson': docker(`${CANARY.toLowerCase()}.azurecr.io`) }],
      ['opaque', `example.com/${CANARY}`, { [CANARY]: CANARY }],
      ['broken', 'Opaque', { '.dockerconfigjson': `{"auths": ${CANARY}` }],
      ['token', 'Opaque', { HF_TOKEN: CANARY }],
    ]
    for (const [name, type, stringData] of secrets) await make('secrets', 'Secret', name, { type, stringData })
  }, 600_000)
  afterAll(async () => {
    await agent.close()
    await rig?.stop()
  })

  async function ask(webhook: 'validate' | 'mutate', workspace: object): Promise<string> {
    const body = JSON.stringify(
      admissionReview({ object: workspace, namespace, dryRun: true, userInfo: { username: '' } }),
    )
    const headers = { 'content-type': 'application/json' }
    const answer = await request(`${rig.webhookUrl}/${webhook}`, { dispatcher: agent, method: 'POST', body, headers })
    return answer.body.text()
  }

  const everything = [
    ...Object.keys(CONFIGS).map((config) => [config, tuningWith({ config }), true] as const),
    ...Object.keys(SERVING).map((config) => [config, servingWith({ config }), true] as const),
    ['other-keys', tuningWith({ config: 'other-keys' }), true] as const,
    ['a push Secret for other hosts', pushed('a.io/b:1', 'other-hosts'), true] as const,
    ['a push Secret of another type', pushed('a.io/b:1', 'opaque'), true] as const,
    ['a push Secret that cannot be read', pushed('a.io/b:1', 'broken'), true] as const,
    ['pull Secrets', pulled('a.io/b:1', 'other-hosts', 'opaque', 'broken', 'token'), true] as const,
    [
      'a Secret without a token',
      servingWith({ preset: { name: 'llama-3.1-8b-instruct', presetOptions: { modelAccessSecret: 'opaque' } } }),
      true,
    ] as const,
    [
      'a Secret with a token',
      servingWith({ preset: { name: 'llama-3.1-8b-instruct', presetOptions: { modelAccessSecret: 'token' } } }),
      false,
    ] as const,
  ]

  it.each(everything)('is not told what is in %s', async (_what, workspace, isWrong) => {
    const told = await ask('validate', workspace)
    // It was looked at, and something was said of it.
    if (isWrong) expect(told).toMatch(/causes|warnings/)
    expect(told.toLowerCase()).not.toContain(CANARY.toLowerCase())
    expect((await ask('mutate', workspace)).toLowerCase()).not.toContain(CANARY.toLowerCase())
  })
})
