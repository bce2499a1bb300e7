import { API_KEYS_PATH, apiKeysSecret } from '#src/api/api-keys.ts'
import { ownDeadline } from '#src/api/deadline.ts'
import { ANNOTATION } from '#src/api/labels.ts'
import { minImprovement } from '#src/api/min-improvement.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, invalid, notSupported, required } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { readTrainingConfig } from '#src/reading/config-files.ts'
import { rule } from './rule.ts'

export const annotationRules = [
  rule({
    id: 'annotation.runtime',
    about: 'kaito.sh/runtime is vllm or transformers; a misspelt value is refused rather than read as vllm.',
    level: 'error',
    check: (workspace) => oneOf(workspace, ANNOTATION.runtime, ['vllm', 'transformers'], (value) => value),
  }),

  rule({
    id: 'annotation.runtime-transformers',
    about:
      'Every preset is served by vLLM, which also does here what the transformers runtime was for: strength and /chat.',
    level: 'warning',
    check: (workspace) =>
      workspace.metadata?.annotations?.[ANNOTATION.runtime] === 'transformers'
        ? [
            notSupported(pathOf(ANNOTATION.runtime), 'transformers', 'the model is served by vLLM all the same', {
              fix: 'remove the annotation: adapter strength and POST /chat work without it',
            }),
          ]
        : [],
  }),

  rule({
    id: 'annotation.load-balancer',
    about: 'kaito.sh/enablelb is "True" or "False", written so; another spelling is refused rather than read as no.',
    level: 'error',
    check: (workspace) => oneOf(workspace, ANNOTATION.enableLoadBalancer, ['True', 'False'], (value) => value),
  }),

  rule({
    id: 'annotation.load-balancer-open',
    about:
      'A server behind a load balancer without API keys answers everybody who reaches the address; that is warned of.',
    level: 'warning',
    check: (workspace) =>
      workspace.metadata?.annotations?.[ANNOTATION.enableLoadBalancer] === 'True' &&
      workspace.inference?.preset !== undefined &&
      apiKeysSecret(workspace) === undefined
        ? [
            required(API_KEYS_PATH, 'everybody who reaches the load balancer may use the GPU', {
              fix: 'put API keys into a Secret and name it in this annotation',
            }),
          ]
        : [],
  }),

  rule({
    id: 'annotation.api-keys',
    about: 'kaito.sh/api-keys is for a server of a preset: nothing asks for keys elsewhere.',
    level: 'error',
    check: (workspace) => {
      const value = workspace.metadata?.annotations?.[ANNOTATION.apiKeys]
      if (value === undefined || apiKeysSecret(workspace) !== undefined) return []
      const what =
        workspace.tuning === undefined ? 'the server of a template has no gateway' : 'a tuning run has no server'
      return [invalid(API_KEYS_PATH, value, `${what} that would ask for keys`, { fix: 'remove the annotation' })]
    },
  }),

  rule({
    id: 'annotation.tuning-deadline',
    about:
      'kaito.sh/tuning-deadline is a whole number with s, m, h or d, from 60s to 30d or to settings.tuningDeadlineMaxSeconds; it replaces the setting.',
    level: 'error',
    check: (workspace, { policy }) => {
      const value = workspace.metadata?.annotations?.[ANNOTATION.tuningDeadline]
      if (value === undefined) return []
      const seconds = ownDeadline(workspace)
      const longest = policy.longestRunSeconds
      if (seconds !== undefined && seconds <= longest) return []
      const path = pathOf(ANNOTATION.tuningDeadline)
      if (seconds !== undefined) {
        const detail = `no run may take longer than ${longest}s here`
        return [
          invalid(path, value, detail, {
            fix: `write ${longest}s, or ask for a larger settings.tuningDeadlineMaxSeconds`,
          }),
        ]
      }
      const detail = 'it must be a whole number of seconds, minutes, hours or days, from 60s to 30d'
      return [invalid(path, value, detail, { fix: 'write for example 36h' })]
    },
  }),

  rule({
    id: 'annotation.min-improvement',
    about:
      'kaito.sh/min-improvement is a percentage from 0% to 99.99%: by how much the adapter has to lower the loss on rows that were kept back. Else the run fails, and nothing is pushed.',
    level: 'error',
    check: (workspace) => {
      const value = workspace.metadata?.annotations?.[ANNOTATION.minImprovement]
      if (value === undefined || minImprovement(workspace) !== undefined) return []
      const detail = 'it must be a percentage from 0% to 99.99%, with at most two digits after the point'
      return [invalid(pathOf(ANNOTATION.minImprovement), value, detail, { fix: 'write for example 5%' })]
    },
  }),

  rule({
    id: 'annotation.min-improvement-rows',
    about: 'kaito.sh/min-improvement needs rows that are kept back; train_test_split: 1 keeps none.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const value = workspace.metadata?.annotations?.[ANNOTATION.minImprovement]
      const parsed = value === undefined ? undefined : readTrainingConfig(workspace, facts)
      if (parsed?.ok !== true || parsed.config.DatasetConfig?.['train_test_split'] !== 1) return []
      const fix = `remove DatasetConfig.train_test_split from ConfigMap ${workspace.tuning?.config}, or set it below 1`
      return [invalid(pathOf(ANNOTATION.minImprovement), value, 'no rows are kept back to measure it on', { fix })]
    },
  }),

  rule({
    id: 'annotation.retry',
    about:
      'kaito.sh/retry is 1 to 63 letters, digits, "-", "_", ":" or "."; any value that is new is one more try of a tuning run that has failed.',
    level: 'error',
    check: ({ metadata }) => {
      const value = metadata?.annotations?.[ANNOTATION.retry]
      if (value === undefined || /^[A-Za-z0-9._:-]{1,63}$/.test(value)) return []
      const detail = 'it must be 1 to 63 letters, digits, "-", "_", ":" or "."'
      return [invalid(pathOf(ANNOTATION.retry), value.slice(0, 80), detail, { fix: 'write for example 2' })]
    },
  }),

  rule({
    id: 'annotation.node-image-family',
    about: 'kaito.sh/node-image-family is ubuntu or azurelinux, in any case.',
    level: 'error',
    check: (workspace) =>
      oneOf(workspace, ANNOTATION.nodeImageFamily, ['ubuntu', 'azurelinux'], (value) => value.trim().toLowerCase()),
  }),
]

const pathOf = (key: string) => `metadata.annotations[${key}]`

function oneOf(
  { metadata }: Workspace,
  key: string,
  allowed: readonly string[],
  normalise: (value: string) => string,
): Complaint[] {
  const value = metadata?.annotations?.[key]
  if (value === undefined || allowed.some((each) => normalise(each) === normalise(value))) return []
  const list = allowed.map((each) => JSON.stringify(each)).join(' or ')
  return [
    notSupported(pathOf(key), value, `the value must be ${list}`, { fix: didYouMean(value, allowed, `write ${list}`) }),
  ]
}
