import { FINALIZER, WORKSPACE_API } from '#src/api/labels.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { TuningTask } from '#src/api/tuning-task.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { canonicalJson } from '#src/lib/stable-hash.ts'
import type { Plan } from '#src/plan/plan.ts'
import type { Applier } from './apply.ts'
import type { EventRecorder } from './events.ts'
import { type KubeObject, resourceOf } from './resource.ts'

export interface CarryOutOptions {
  readonly applier: Applier
  readonly events: EventRecorder
  /** Hands a task to the queue; throws while Redis is away. */
  readonly enqueue: (task: TuningTask) => Promise<void>
  /** Told when a task could not be handed over. */
  readonly onNotQueued: (task: TuningTask, error: unknown) => void
  /** What the watch knows of an object now: its resourceVersion (and generation), to see whether somebody changed it. */
  readonly seen: (object: K8sObject) => { readonly generation?: number; readonly resourceVersion?: string } | undefined
}

/**
 * Does what a plan says, in the one order that is safe to interrupt anywhere: finalizer, apply, enqueue, remove, status,
 * events, and last the finalizer's removal. Each step is idempotent, so a process that dies between two is simply run again.
 */
export class PlanRunner {
  readonly #options: CarryOutOptions
  /** What was applied last, and what the server made of it: an equal apply onto an unchanged object is not sent. */
  readonly #applied = new Map<string, { readonly body: string; readonly version: string }>()

  constructor(options: CarryOutOptions) {
    this.#options = options
  }

  async run(workspace: Workspace, plan: Plan, signal: AbortSignal): Promise<void> {
    const { applier, events } = this.#options
    if (plan.finalizer === 'add') await this.#finalizer(workspace, true, signal)
    for (const object of plan.apply) await this.#apply(object, signal)
    if (plan.enqueue !== undefined) await this.#enqueue(plan.enqueue)
    for (const { apiVersion, kind, namespace, name, uid } of plan.remove) {
      const known = resourceOf({ apiVersion, kind }).kind as Parameters<Applier['remove']>[0]['kind']
      await applier.remove({ kind: known, name, ...(namespace === undefined ? {} : { namespace }) }, uid, signal)
    }
    if (plan.status !== undefined && canonicalJson(plan.status) !== canonicalJson(workspace.status ?? {})) {
      await applier.applyStatus(statusObject(workspace, plan.status), signal)
      for (const { type, reason, message } of plan.events) {
        events.record(asKubeObject(workspace), { type, reason, action: 'Reconcile', note: message })
      }
    }
    if (plan.finalizer === 'remove') await this.#finalizer(workspace, false, signal)
  }

  /** Forgets a Workspace's objects; call when it is gone. */
  forget(workspace: { readonly namespace: string; readonly name: string }): void {
    for (const key of this.#applied.keys())
      if (key.startsWith(`${workspace.namespace}/${workspace.name}/`)) this.#applied.delete(key)
  }

  async #apply(object: K8sObject, signal: AbortSignal): Promise<void> {
    const owner = object.metadata.ownerReferences?.[0]?.name ?? ''
    const key = `${object.metadata.namespace ?? ''}/${owner}/${object.kind}/${object.metadata.name}`
    const body = canonicalJson(object)
    const before = this.#applied.get(key)
    if (before?.body === body && before.version === versionOf(this.#options.seen(object))) return
    const after = await this.#options.applier.applyObject(object as KubeObject, signal)
    this.#applied.set(key, { body, version: versionOf(after.metadata) })
  }

  /** Without an error of its own: the plan asks again soon, while the backoff of a failed reconcile grows to minutes. */
  async #enqueue(task: TuningTask): Promise<void> {
    try {
      await this.#options.enqueue(task)
    } catch (error) {
      this.#options.onNotQueued(task, error)
    }
  }

  async #finalizer(workspace: Workspace, present: boolean, signal: AbortSignal): Promise<void> {
    const { name, namespace = '', uid = '' } = workspace.metadata
    await this.#options.applier.setFinalizer({ kind: 'Workspace', namespace, name }, uid, FINALIZER, present, signal)
  }
}

/** Generation where the kind has one (it ignores status), else the resourceVersion. */
const versionOf = (seen: { readonly generation?: number; readonly resourceVersion?: string } | undefined): string =>
  seen === undefined ? 'absent' : seen.generation === undefined ? `rv${seen.resourceVersion}` : `g${seen.generation}`

const statusObject = (workspace: Workspace, status: unknown): KubeObject => ({
  apiVersion: WORKSPACE_API,
  kind: 'Workspace',
  metadata: {
    name: workspace.metadata.name,
    namespace: workspace.metadata.namespace ?? '',
    // With the uid an apply never creates: a Workspace deleted meanwhile stays deleted.
    uid: workspace.metadata.uid ?? '',
  },
  status,
})

const asKubeObject = (workspace: Workspace): KubeObject => ({
  apiVersion: WORKSPACE_API,
  kind: 'Workspace',
  metadata: { ...workspace.metadata, namespace: workspace.metadata.namespace ?? '' } as KubeObject['metadata'],
})
