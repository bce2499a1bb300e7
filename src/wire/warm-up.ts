import type { Config } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Watch } from '#src/runtime/watchdog.ts'
import { type AnswerOptions, answer } from '#webhooks/answer.ts'
import { wireAdmission } from './admission.ts'

/** Enough that the code of a review is compiled; a second at most, for a pod that starts is waited for. */
const REVIEWS = 400
const MOST_MS = 1_000
const AT_ONCE = 10

/**
 * Answers made-up reviews before there are real ones: code that has not run yet takes ten times as long, and on a machine that is
 * taken by others the first reviews of a new pod would be late. Nothing is looked up, counted or logged.
 */
export async function warmUp(config: Config, client: KubeClient, watch: Watch): Promise<void> {
  const nobody = { answered: () => {}, refused: () => {}, failed: () => {} }
  const options: AnswerOptions = {
    admission: wireAdmission(config, client, { watch, lateMs: () => Number.POSITIVE_INFINITY }),
    budgetMs: MOST_MS,
    observer: nobody,
    clock: systemClock,
    watch,
    newId: () => '',
  }
  const until = systemClock.now() + MOST_MS
  for (let done = 0; done < REVIEWS && systemClock.now() < until; done += AT_ONCE) {
    for (const body of BODIES) {
      for (let count = 0; count < AT_ONCE / BODIES.length; count++) {
        await answer('mutate', body, options)
        await answer('validate', body, options)
      }
    }
    // Probes want their answer meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const resource = { instanceType: 'standard_nc24ads_a100_v4', labelSelector: { matchLabels: { apps: 'warm-up' } } }
const preset = { name: 'phi-3-mini-128k-instruct' }
const tuning = {
  preset,
  method: 'QLoRA',
  config: 'warm-up',
  input: { urls: ['https://datasets.example.com/train.jsonl'] },
  output: { image: 'registry.example.com/warm/up:1', imagePushSecret: 'warm-up' },
}

const review = (object: object) =>
  Buffer.from(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: 'warm-up',
        kind: { group: 'kaito.sh', version: 'v1alpha1', kind: 'Workspace' },
        resource: { group: 'kaito.sh', version: 'v1alpha1', resource: 'workspaces' },
        name: 'warm-up',
        namespace: 'default',
        operation: 'CREATE',
        userInfo: { username: 'warm-up' },
        dryRun: false,
        object: {
          apiVersion: 'kaito.sh/v1alpha1',
          kind: 'Workspace',
          metadata: { name: 'warm-up', namespace: 'default' },
          resource,
          ...object,
        },
      },
    }),
  )

const BODIES = [review({ tuning }), review({ inference: { preset } })]
