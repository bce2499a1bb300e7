import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '#test/support/eventually.ts'
import { cpuMs } from '../measure/process-cost.ts'
import type { Product, Running } from '../product/product.ts'
import type { Samples } from '../product/samples.ts'

/** Requests to the apiserver in a while, without watches, by anybody but this bench. */
export interface Requests {
  readonly all: number
  readonly secretReads: number
}

/** What the operator and the apiserver counted between two moments. */
export interface Span {
  readonly seconds: number
  readonly reconciles: number
  /** Calls of the operator, by method. */
  readonly calls: ReadonlyMap<string, number>
  readonly secretReads: number
  /** CPU of the operator, ms. */
  readonly cpuMs: number
}

/** Starts to count; the result ends it. */
export async function counting(product: Product, running: Running): Promise<() => Promise<Span>> {
  const [before, server, cpu] = [await running.metrics(), await product.apiserver(), cpuMs(running.pid)]
  const started = performance.now()
  return async () => {
    const [after, serverAfter] = [await running.metrics(), await product.apiserver()]
    const methods = after.by('kaito_kube_calls_total', 'method')
    const earlier = before.by('kaito_kube_calls_total', 'method')
    return {
      seconds: (performance.now() - started) / 1000,
      reconciles: after.sum('kaito_reconciles_total') - before.sum('kaito_reconciles_total'),
      calls: new Map([...methods].map(([method, count]) => [method, count - (earlier.get(method) ?? 0)])),
      secretReads: secretReads(serverAfter) - secretReads(server),
      cpuMs: cpuMs(running.pid) - cpu,
    }
  }
}

const secretReads = (samples: Samples) =>
  samples.sum('apiserver_request_total', { resource: 'secrets', verb: 'GET' }) +
  samples.sum('apiserver_request_total', { resource: 'secrets', verb: 'LIST' })

/** Waits until the operator has had nothing to do for two seconds. */
export async function untilRest(running: Running, timeoutMs = 600_000): Promise<void> {
  let last = -1
  await eventually(
    'the operator rests',
    async () => {
      if (running.hasEnded()) throw new Error(`the operator has ended: ${running.log()}`)
      const samples = await running.metrics()
      const done = samples.sum('kaito_reconciles_total')
      const isQuiet = done === last && samples.sum('kaito_workqueue_depth') === 0
      last = done
      if (!isQuiet) await sleep(1_900)
      return isQuiet
    },
    timeoutMs,
  )
}
