import type { Logger } from 'pino'
import type { TaskQueue } from '#jobs/queue.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { PlanRunner } from '#src/kube/carry-out.ts'
import { gather } from '#src/kube/gather.ts'
import { createGpuLook } from '#src/kube/gpu-look.ts'
import { awaitedId } from '#src/kube/named-objects.ts'
import { NamespaceQuotas } from '#src/kube/namespace-quotas.ts'
import { releaseOrphans } from '#src/kube/orphans.ts'
import { onRelevantChange, type Stores } from '#src/kube/stores.ts'
import { defined } from '#src/lib/defined.ts'
import { endOfRun } from '#src/observe/end-of-run.ts'
import type { Plan } from '#src/plan/plan.ts'
import { asksForNoNode, takesNodes } from '#src/plan/takes-nodes.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Controller, type Report } from '#src/runtime/controller.ts'
import { type Awaited, Lookout } from '#src/runtime/lookout.ts'
import { splitKey } from '#src/runtime/store.ts'
import { WorkQueue } from '#src/runtime/workqueue.ts'
import type { Metrics } from '#src/telemetry/metrics.ts'
import type { Kubernetes } from './kubernetes.ts'
import type { Wiring } from './wiring.ts'

const CONTROLLER = { controller: 'workspace' } as const

/**
 * Reconciles every Workspace until the signal aborts: gather, plan, carry out. Runs on the leader only, but is safe on two.
 */
export async function runReconciler(
  { config, log, metrics }: Wiring,
  { client, applier, events, stores, named }: Kubernetes,
  queue: TaskQueue,
  signal: AbortSignal,
): Promise<void> {
  const { settings, catalog } = config
  const work = new WorkQueue({
    clock: systemClock,
    random: Math.random,
    onDepth: (depth) => metrics.set('queueDepth', depth, CONTROLLER),
    onAdd: () => metrics.count('queueAdds', CONTROLLER),
  })
  const lookout = new Lookout({
    clock: systemClock,
    versionOf: (id) => named.versionOf(id),
    onChange: (key) => work.add(key),
  })
  const runner = new PlanRunner({
    applier,
    events,
    enqueue: (task) => queue.enqueue(task),
    onNotQueued: ({ namespace, name }, err) =>
      log.warn({ workspace: `${namespace}/${name}`, err }, 'a tuning run could not be queued yet; is Redis there?'),
    seen: (object) => seenBy(stores, object),
  })
  const quotas = new NamespaceQuotas({ stores, settings, clock: systemClock, onRoom: (key) => work.add(key) })
  const gpuLook = createGpuLook(client, systemClock)
  const controller = new Controller({
    queue: work,
    clock: systemClock,
    workers: 8,
    timeoutMs: 60_000,
    onReport: (report) => reportTo(report, log, metrics),
    reconcile: async (key, abort) => {
      // Also a claim of a namespace that is no longer looked after: whose it is cannot be asked there.
      const { namespace: home = '' } = splitKey(key)
      if (settings.namespaces.length > 0 && !settings.namespaces.includes(home)) return {}
      await releaseOrphans(key, { client, applier, stores }, abort)
      const gathered = await gather(key, { client, stores, named, settings, catalog, gpuLook, now: Date.now }, abort)
      if (gathered === undefined) {
        const { namespace = '', name } = splitKey(key)
        runner.forget({ namespace, name })
        lookout.await(key, [])
        return {}
      }
      // From here to the grant nothing is waited for: nobody else is told that the same nodes are free.
      const allotted = quotas.of(gathered.workspace)
      const world = { ...gathered, ...defined({ allotted }) }
      const plan = planWorkspace(world)
      if (takesNodes(plan)) quotas.grant(world.workspace)
      else if (asksForNoNode(plan)) quotas.revoke(world.workspace)
      lookout.await(key, awaitedIn(home, plan))
      const failure = await runner.run(world.workspace, plan, abort)
      if (failure === undefined) return plan.again === undefined ? {} : { again: plan.again }
      // The Workspace says why, whatever becomes of the reconcile itself.
      const told = planWorkspace({ ...world, obstacle: failure.obstacle })
      await runner.run(world.workspace, told, abort)
      if (failure.error !== undefined) throw failure.error
      return { again: told.again ?? 15_000 }
    },
  })
  const touch = { now: (key: string) => work.add(key), soon: (key: string) => work.addPatiently(key) }
  onRelevantChange(stores, touch, provisionerOf(settings).buys !== undefined)
  stores.workspaces.onChange((change) => {
    const end = change.type === 'updated' ? endOfRun(change.was, change.now) : undefined
    if (end !== undefined) metrics.observe('tuningSeconds', end.seconds, { outcome: end.outcome })
  })
  controller.start(signal)
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  lookout.stop()
  await controller.stop()
}

const awaitedIn = (namespace: string, { awaits = [] }: Plan): Awaited[] =>
  awaits.map(({ kind, name, version }) => ({ id: awaitedId(kind, namespace, name), version }))

function seenBy(stores: Stores, object: K8sObject) {
  const { namespace, name } = object.metadata
  const key = namespace === undefined ? name : `${namespace}/${name}`
  if (object.kind === 'Job') return stores.jobs.get(key)?.metadata
  if (object.kind === 'StatefulSet') return stores.statefulSets.get(key)?.metadata
  if (object.kind === 'Service') return stores.services.get(key)?.metadata
  if (object.kind === 'NodeClaim') return stores.nodeClaims.get(key)?.metadata
  return undefined
}

function reportTo(report: Report, log: Logger, metrics: Metrics): void {
  const { key: workspace, outcome, tookMs, waitedMs } = report
  metrics.count('reconciles', { ...CONTROLLER, outcome })
  metrics.observe('reconcileSeconds', tookMs / 1000, CONTROLLER)
  metrics.observe('queueWaitSeconds', waitedMs / 1000, CONTROLLER)
  if (report.outcome === 'failed') {
    log.warn({ workspace, err: report.error, againMs: report.afterMs }, 'a reconcile failed and will be tried again')
  } else {
    log.debug({ workspace, outcome, tookMs }, 'reconciled')
  }
}
