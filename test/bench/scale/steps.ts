import { setTimeout as sleep } from 'node:timers/promises'
import { tuningJobName } from '#src/desired/names.ts'
import { pretendKubelet } from '#test/support/pretend-kubelet.ts'
import { percentile } from '../measure/statistics.ts'
import type { Product, Running } from '../product/product.ts'
import { counting, type Span, untilRest } from './measure.ts'
import { joinLarge, KINDS, type Population, specOf } from './population.ts'

/** What was measured with so many Workspaces. */
export interface Step {
  readonly count: number
  /** What made them what they are. */
  readonly growth: Span & { readonly made: number }
  readonly restart: Memory & { readonly readySeconds: number; readonly resync: Span }
  readonly rest: Span
  /** From a Workspace's creation to its Job, ms. */
  readonly newOne: { readonly p50: number; readonly most: number }
  /** A node that nobody asks for joins; one that many wait for does. */
  readonly strangeNode: Span
  readonly wantedNode: Span & { readonly waiting: number; readonly newOneMs: number }
  readonly by: string
}

interface Memory {
  readonly rssMiB: number
  readonly chargedMiB: number | undefined
}

const REST_SECONDS = 20
const PROBES = 10

/** Grows to `count` Workspaces, restarts the operator among them, and measures. Gives the operator that runs at the end. */
export async function growTo(
  count: number,
  { product, population, running }: { product: Product; population: Population; running: Running },
  probe: { next: number },
): Promise<{ readonly step: Step; readonly running: Running }> {
  const perKind = Math.floor(count / KINDS.length)
  const before = population.count()
  await running.stop()
  await population.addTuned(perKind)
  const grown = await product.start('reconciler')
  await untilRest(grown)
  const growing = await counting(product, grown)
  await population.addLive(perKind)
  await untilRest(grown)
  const growth = { ...(await growing()), made: population.count() - before - (perKind - before / KINDS.length) }
  await grown.stop()

  const fresh = await product.start('reconciler')
  const resyncing = await counting(product, fresh)
  await untilRest(fresh)
  const resync = await resyncing()
  const resting = await counting(product, fresh)
  await sleep(REST_SECONDS * 1000)
  const rest = await resting()

  const times: number[] = []
  for (let index = 0; index < PROBES; index++) times.push(await oneNew(product, `probe-${probe.next++}`))
  await untilRest(fresh)
  const strange = await counting(product, fresh)
  await pretendKubelet(product.client).joinNode(`strange-${count}`, { pool: 'nobody' })
  await sleep(500)
  await untilRest(fresh)
  const strangeNode = await strange()
  const wanted = await counting(product, fresh)
  await joinLarge(product.client, population.wantedLabel())
  await sleep(200)
  const newOneMs = await oneNew(product, `probe-${probe.next++}`)
  await untilRest(fresh)
  const waiting = Math.round(perKind - before / KINDS.length)
  const wantedNode = { ...(await wanted()), waiting, newOneMs }
  const memory = { rssMiB: fresh.peakRssMiB(), chargedMiB: fresh.container.peakMiB() }
  const newOne = { p50: percentile(times, 0.5), most: Math.max(...times) }
  const restart = { ...memory, readySeconds: fresh.readySeconds, resync }
  const step = {
    count: population.count(),
    growth,
    restart,
    rest,
    newOne,
    strangeNode,
    wantedNode,
    by: fresh.container.by,
  }
  return { step, running: fresh }
}

/** Milliseconds from the creation of a Workspace to its Job. */
async function oneNew({ client }: Product, name: string): Promise<number> {
  const metadata = { namespace: 'waiting-for-a-pod-0', name }
  const identity = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace' }
  const started = performance.now()
  const created = await client.create({ ...specOf('waiting for a pod', ''), metadata, ...identity })
  const { namespace } = metadata
  const job = { kind: 'Job' as const, namespace, name: tuningJobName(created) }
  while ((await client.get(job)) === undefined) {
    if (performance.now() - started > 120_000) throw new Error(`no Job of ${name} after two minutes`)
    await sleep(5)
  }
  return performance.now() - started
}
