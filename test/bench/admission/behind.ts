import { setTimeout as sleep } from 'node:timers/promises'
import { until, workspacesIn } from '#test/integration/admission/rig.ts'
import type { ApiClient } from '#test/integration/certs/api-client.ts'
import { MUTATING, mutatingConfiguration, VALIDATING, validatingConfiguration } from '#webhooks/registration.ts'
import { cpuMs } from '../measure/process-cost.ts'
import { percentile } from '../measure/statistics.ts'
import type { Contestant } from './direct.ts'
import { WORKSPACES } from './reviews.ts'

/** Which webhooks the API server asks before it stores a Workspace. `echo`: the bare one, in the validating one's place. */
export const MODES = ['none', 'echo', 'validate', 'validate + default'] as const
export type Mode = (typeof MODES)[number]

/** A value for each round. */
export interface ModeResult {
  readonly perSecond: number[]
  readonly p50: number[]
  readonly p99: number[]
  /** CPU time of the webhook's process per create, in µs. */
  readonly cpuUs: number[]
}

export interface BehindOptions {
  readonly api: ApiClient
  readonly contestants: readonly Contestant[]
  readonly ca: string
  readonly rounds: number
  /** Per mode, over all rounds. */
  readonly creates: number
}

const PATH = workspacesIn('default')
const PARALLEL = 16

/** Creates Workspaces through the API server, mode after mode and round after round. */
export async function measureBehind(options: BehindOptions): Promise<Map<Mode, ModeResult>> {
  const { api, contestants, rounds, creates } = options
  const results = new Map(MODES.map((mode) => [mode, { perSecond: [], p50: [], p99: [], cpuUs: [] } as ModeResult]))
  const perRound = Math.ceil(creates / rounds)
  // The API server, etcd and the generator are not kept to a core either.
  for (const { child } of contestants) child.unpin()
  await createMany(api, 500, 'warm')
  for (let round = 0; round < rounds; round++) {
    for (const mode of MODES) {
      await register(options, mode)
      await createMany(api, 100, 'warm')
      const asked = contestants.find(({ name }) => name === (mode === 'echo' ? 'echo' : 'webhook'))
      const before = asked === undefined ? 0 : cpuMs(asked.child.pid)
      const { seconds, latencies } = await createMany(api, perRound, `round-${round}`)
      const result = results.get(mode)
      result?.perSecond.push(perRound / seconds)
      result?.p50.push(percentile(latencies, 0.5))
      result?.p99.push(percentile(latencies, 0.99))
      if (asked !== undefined) result?.cpuUs.push(((cpuMs(asked.child.pid) - before) / perRound) * 1000)
    }
    console.log(`behind the API server: round ${round + 1} of ${rounds}`)
  }
  await register(options, 'none')
  return results
}

/** Good Workspaces, but for the instance type in lower case: that alone is what the defaulting webhook has to mend. */
async function createMany(api: ApiClient, count: number, prefix: string) {
  const latencies: number[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const { metadata: _, resource, ...rest } = index % 2 === 0 ? WORKSPACES.tuning : WORKSPACES.inference
      const body = {
        apiVersion: 'kaito.sh/v1alpha1',
        kind: 'Workspace',
        metadata: { name: `${prefix}-${index}` },
        resource: { ...resource, instanceType: resource.instanceType.toLowerCase() },
        ...rest,
      }
      const sent = performance.now()
      await api.must('POST', PATH, body)
      latencies.push(performance.now() - sent)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  const seconds = (performance.now() - started) / 1000
  await api.must('DELETE', PATH)
  return { seconds, latencies }
}

const KINDS = [VALIDATING, MUTATING].map(({ kind, name }) => ({
  collection: `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`,
  name,
}))

/** Replaces the configurations by those of the mode, and waits until the API server goes by them. */
async function register({ api, contestants, ca }: BehindOptions, mode: Mode): Promise<void> {
  for (const { collection, name } of KINDS) {
    const { code, text } = await api.call('DELETE', `${collection}/${name}`)
    if (code !== 200 && code !== 404) throw new Error(`${code} ${text}`)
  }
  const asked = contestants.find(({ name }) => name === (mode === 'echo' ? 'echo' : 'webhook'))
  const options = {
    target: { url: `https://127.0.0.1:${asked?.port}` },
    operatorNamespace: 'kaito-system',
    caBundle: Buffer.from(ca).toString('base64'),
  }
  const wanted = [
    ...(mode === 'none' ? [] : [validatingConfiguration(options)]),
    ...(mode === 'validate + default' ? [mutatingConfiguration(options)] : []),
  ]
  for (const configuration of wanted) {
    const path = KINDS.find(({ name }) => name === configuration.metadata.name)?.collection ?? ''
    await api.must('POST', path, configuration)
  }
  await until(`${mode} is not in force`, async () => {
    const { code, json } = await api.call('POST', `${PATH}?dryRun=All`, probe)
    if (mode === 'none' || mode === 'echo') return code === 201
    return mode === 'validate' ? code === 422 : code === 201 && json.resource.instanceType !== undefined
  })
  await sleep(1500)
}

/** Refused without an instance type, unless the defaulting webhook has filled it in. */
const probe = {
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name: 'probe' },
  resource: { labelSelector: { matchLabels: { apps: 'probe' } } },
  inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
}
