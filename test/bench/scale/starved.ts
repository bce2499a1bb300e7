import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { workspacesIn } from '#test/integration/admission/rig.ts'
import { secret } from '#test/support/operator-rig.ts'
import { createNamespace } from '#test/support/other-kinds.ts'
import { tuningSpec } from '#test/support/workspaces.ts'
import { percentile } from '../measure/statistics.ts'
import type { Product } from '../product/product.ts'
import { parallel } from './population.ts'

export interface Starved {
  readonly burners: number
  readonly load: number
  readonly created: number
  /** What the apiserver said instead. */
  readonly failures: readonly string[]
  /** Answers that warned of something that could not be looked up in time. */
  readonly unknown: number
  readonly p50: number
  readonly p99: number
  readonly chargedMiB: number | undefined
}

const NAMESPACE = 'starved'
const PER_SECOND = 100

/**
 * Creates Workspaces through the apiserver and both webhooks at a steady rate, each naming a Secret and a ConfigMap of its own
 * to look up, while processes that do nothing but burn CPU take the machine away.
 */
export async function starvedAdmission(product: Product, count: number, burners: number): Promise<Starved> {
  const { api, client } = product
  await createNamespace(product.http, NAMESPACE)
  await parallel(count, 16, async (index) => {
    await client.create(secret(NAMESPACE, `push-${index}`))
    const data = { 'training_config.yaml': 'training_config: {}' }
    const metadata = { namespace: NAMESPACE, name: `config-${index}` }
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  })
  const webhook = await product.start('webhook')
  await product.register(webhook)
  const burning = Array.from({ length: burners }, () =>
    spawn('nice', ['-n', '10', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  try {
    await sleep(3_000)
    const failures: string[] = []
    const latencies: number[] = []
    let unknown = 0
    const one = async (index: number) => {
      const { input, output } = tuningSpec().tuning ?? {}
      const spec = tuningSpec({ config: `config-${index}`, ...(input && { input }) })
      const tuning = { ...spec.tuning, output: { ...output, imagePushSecret: `push-${index}` } }
      const resource = { ...spec.resource, instanceType: 'standard_nc24ads_a100_v4' }
      const started = performance.now()
      const answer = await api.call('POST', workspacesIn(NAMESPACE), {
        ...spec,
        resource,
        tuning,
        metadata: { name: `w-${index}` },
      })
      latencies.push(performance.now() - started)
      if (answer.code !== 201) failures.push(`HTTP ${answer.code}: ${answer.text.slice(0, 300)}`)
      if (/could not be (read|looked up)|in time/.test(String(answer.warnings))) unknown++
    }
    const begun = performance.now()
    const under: Promise<void>[] = []
    for (let index = 0; index < count; index++) {
      const wait = begun + (index * 1000) / PER_SECOND - performance.now()
      if (wait > 0) await sleep(wait)
      under.push(one(index))
    }
    await Promise.all(under)
    const [load = 0] = loadavg()
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
    const chargedMiB = webhook.container.peakMiB()
    return { burners, load, created: count - failures.length, failures, unknown, p50, p99, chargedMiB }
  } finally {
    for (const burner of burning) burner.kill('SIGKILL')
    await product.unregister()
    await webhook.stop()
  }
}
