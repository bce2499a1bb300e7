import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { VLLM_FLAGS } from '#src/inference/vllm-flags.ts'
import { renderError } from '#src/lib/field-error.ts'
import { planLines } from '#src/plan/preview.ts'
import { admit } from '#src/rules/admit.ts'
import { causes } from '#src/rules/feedback.ts'
import { sectionKeys } from '#src/tuning/training-schema.ts'
import { configMap, facts, pushed, secret, servingWith, tuningWith } from './sample.ts'

/** Exists nowhere else: wherever it turns up, it got there from the ConfigMap or the Secret. */
const CANARY = 'AKIACANARY7F3A'

const VALUES = [
  CANARY,
  `/mnt/${CANARY}`,
  `https://${CANARY}.example.com`,
  `{"a": "${CANARY}"}`,
  `[${CANARY}`,
  [CANARY],
  [[CANARY]],
  { a: CANARY },
  { a: { path: `/${CANARY}` } },
]

/** Everything that is said of a Workspace, to people and to programs. */
function said(workspace: Workspace, found: Partial<typeof facts>): string {
  const { errors, warnings, plan } = admit(workspace, { ...facts, ...found, dryRun: true }, planLines)
  return [...[...errors, ...warnings].map(renderError), ...causes(errors).map(({ message }) => message), ...plan].join(
    '\n',
  )
}

const training = (text: string) =>
  said(tuningWith({ config: 'settings' }), configMap('settings', { 'training_config.yaml': text }))
const serving = (text: string) =>
  said(servingWith({ config: 'settings' }), configMap('settings', { 'inference_config.yaml': text }))

describe('what a ConfigMap holds', () => {
  it.each(TRAINING_SECTIONS.flatMap((section) => Object.keys(sectionKeys(section)).map((key) => [section, key])))(
    'is not told: %s.%s',
    (section = '', key = '') => {
      for (const value of VALUES) {
        expect(training(JSON.stringify({ training_config: { [section]: { [key]: value } } }))).not.toContain(CANARY)
      }
    },
  )

  it.each([...VLLM_FLAGS, 'no-such-flag', 'hf-overrides.a'])('is not told: vllm.%s', (flag) => {
    for (const value of VALUES) expect(serving(JSON.stringify({ vllm: { [flag]: value } }))).not.toContain(CANARY)
  })

  it.each([
    `training_config: &a ${CANARY} *b`,
    `training_config: *${CANARY}`,
    `training_config: !${CANARY} x`,
    `training_config: !!${CANARY} x`,
    `%${CANARY} x\n---\na: b`,
    `training_config: "\\q${CANARY}"`,
    `training_config: "${CANARY}`,
    `training_config: |${CANARY}`,
    `training_config: ${CANARY}\n  LoraConfig: ${CANARY}`,
    `${CANARY}\n}${CANARY}`,
    `- ${CANARY}`,
    `${CANARY}`,
    `training_config: [${CANARY}, {]`,
    `training_config: {a: ${CANARY} "x" b}`,
    `training_config: ${CANARY}`,
    `training_config: {LoraConfig: ${CANARY}}`,
    `training_config: {LoraConfig: {lora_alpha: @${CANARY}}}`,
    `training_config:\n\t${CANARY}: x`,
    `vllm: ${CANARY}`,
    `vllm: [${CANARY}]`,
    `kv_cache_cpu_memory_utilization: ${CANARY}`,
    `"\\x${CANARY}"`,
  ])('is not told by what cannot be read: %j', (text) => {
    for (const message of [training(text), serving(text)]) expect(message).not.toContain(CANARY)
  })

  it('is complained of all the same, with where it is', () => {
    expect(training('training_config: {LoraConfig: {r: secret}}')).toContain(
      'tuning.config[training_config.yaml].LoraConfig.r: it must be a whole number',
    )
    expect(serving(`vllm: {hf-overrides: {path: /${CANARY}}}`)).toContain(
      'inference.config[inference_config.yaml].vllm.hf-overrides',
    )
  })
})

describe('what a Secret holds', () => {
  it('is not told, neither its type nor for which other registries it has a login', () => {
    const workspace = pushed('registry.example.com/a:1')
    const value = { type: CANARY, keys: ['.dockerconfigjson'], registries: [`${CANARY}.azurecr.io`], loginless: [] }
    const message = said(workspace, secret('push', { state: 'found', value }))
    expect(message).toContain('it has no credentials for registry.example.com')
    const other = said(workspace, secret('push', { state: 'found', value: { ...value, keys: [CANARY] } }))
    expect(other).toContain('this Secret holds no registry credentials')
    expect(message + other).not.toContain(CANARY)
  })
})
