import { FINALIZER, WORKSPACE_API } from '#src/api/labels.ts'
import type { K8sObject, ObjectMeta } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { TuningTask } from '#src/contract/task.ts'
import { ownedBy } from '#src/desired/meta.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { canonicalJson } from '#src/lib/stable-hash.ts'
import { isControlledBy, ownerInWords, ownerUidOf } from '#src/observe/ownership.ts'
import type { Plan } from '#src/plan/plan.ts'
import type { Obstacle } from '#src/plan/world.ts'
import type { Applier } from './apply.ts'
import { applyFailure } from './apply-failure.ts'
import { isConflict } from './errors.ts'
import type { EventRecorder } from './events.ts'
import { resourceOf } from './resource.ts'

export interface CarryOutOptions {
  readonly applier: Applier
  readonly events: EventRecorder
  /** Hands a task to the queue; throws while Redis is away. */
  readonly enqueue: (task: TuningTask) => Promise<void>
  /** Told when a task could not be handed over. */
  readonly onNotQueued: (task: TuningTask, error: unknown) => void
  /** What the watch knows of an object now: its resourceVersion (and generation), to see whether somebody changed it. */
  readonly seen: (object: K8sObject) => Seen | undefined
}

/** The part of an object's metadata that tells whose it is and whether it has changed. */
export type Seen = Pick<ObjectMeta, 'uid' | 'generation' | 'resourceVersion' | 'ownerReferences' | 'labels'>

/** Why an object could not be applied: plan again with it, so that the Workspace says so. */
export interface Failure {
  readonly obstacle: Obstacle
  /** Absent where the plan itself says when to look again. */
  readonly error?: unknown
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

  /** Nothing after the applies and the task is done when one of them fails; the next plan, which knows why, does it. */
  async run(workspace: Workspace, plan: Plan, signal: AbortSignal): Promise<Failure | undefined> {
    const { applier, events } = this.#options
    if (plan.finalizer === 'add') await this.#finalizer(workspace, true, signal)
    const failure = (await this.#jobTaken(workspace, plan, signal)) ?? (await this.#applyAll(plan.apply, signal))
    if (failure !== undefined) return failure
    const notQueued = plan.enqueue && (await this.#enqueue(plan.enqueue))
    if (notQueued !== undefined) return notQueued
    for (const { apiVersion, kind, namespace, name, uid } of plan.remove) {
      const known = resourceOf({ apiVersion, kind }).kind
      await applier.remove({ kind: known, name, ...defined({ namespace }) }, uid, signal)
    }
    if (plan.status !== undefined && canonicalJson(plan.status) !== canonicalJson(workspace.status ?? {})) {
      await applier.applyStatus(statusObject(workspace, plan.status), signal)
      for (const { type, reason, message } of plan.events) {
        events.record(identityOf(workspace), { type, reason, action: 'Reconcile', note: message })
      }
    }
    if (plan.finalizer === 'remove') await this.#finalizer(workspace, false, signal)
    return undefined
  }

  /** Forgets a Workspace's objects; call when it is gone. */
  forget(workspace: { readonly namespace: string; readonly name: string }): void {
    for (const key of this.#applied.keys())
      if (key.startsWith(`${workspace.namespace}/${workspace.name}/`)) this.#applied.delete(key)
  }

  /** Before a node is bought for a run, and before a worker is asked to start it: has somebody else a Job of its name? */
  async #jobTaken(workspace: Workspace, plan: Plan, signal: AbortSignal): Promise<Failure | undefined> {
    const isToRun = workspace.tuning !== undefined && (plan.enqueue !== undefined || plan.apply.length > 0)
    if (!isToRun) return undefined
    const { namespace } = workspace.metadata
    const job: K8sObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: tuningJobName(workspace),
        ...defined({ namespace }),
        ownerReferences: [ownedBy(workspace)],
      },
    }
    const { taken } = await this.#place(job, signal)
    return taken && { obstacle: taken }
  }

  /** All or none where a name is taken: a server without its Service would hold a GPU for nobody. */
  async #applyAll(objects: readonly K8sObject[], signal: AbortSignal): Promise<Failure | undefined> {
    let at: K8sObject | undefined
    try {
      const due: { readonly object: K8sObject; readonly uid: string | undefined }[] = []
      for (const object of objects) {
        at = object
        if (this.#isApplied(object)) continue
        const place = await this.#place(object, signal)
        if (place.taken !== undefined) return { obstacle: place.taken }
        due.push({ object, uid: place.uid })
      }
      for (const { object, uid } of due) {
        at = object
        const taken = await this.#apply(object, uid, signal)
        if (taken !== undefined) return { obstacle: taken }
      }
      return undefined
    } catch (error) {
      if (at === undefined) throw error
      return { obstacle: applyFailure(at, error), error }
    }
  }

  /** Where an object may be written: on the one that its owner controls already, or where there is none. */
  async #place(object: K8sObject, signal: AbortSignal): Promise<{ readonly uid?: string; readonly taken?: Obstacle }> {
    const seen = this.#options.seen(object)
    const found =
      seen !== undefined && isSameOwners(object, { metadata: seen })
        ? { metadata: seen }
        : await this.#options.applier.find(object, signal)
    if (found === undefined) return {}
    if (isSameOwners(object, found)) return found.metadata.uid === undefined ? {} : { uid: found.metadata.uid }
    const message =
      `${nameOf(object)} is there already and ${ownerInWords(found)}; nothing of it is changed. ` +
      'Delete or rename it, and this goes on by itself; or make the Workspace under another name'
    return { taken: { kind: object.kind, reason: 'NameTaken', message } }
  }

  #isApplied(object: K8sObject): boolean {
    const before = this.#applied.get(keyOf(object))
    return before?.body === canonicalJson(object) && before.version === versionOf(this.#options.seen(object))
  }

  /** Returns who has the name, should somebody have taken it since it was looked at. */
  async #apply(object: K8sObject, uid: string | undefined, signal: AbortSignal): Promise<Obstacle | undefined> {
    const { applier } = this.#options
    const isNew = uid === undefined
    const target = uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } }
    try {
      const after = await (isNew ? applier.createObject(target, signal) : applier.applyObject(target, signal))
      this.#applied.set(keyOf(object), { body: canonicalJson(object), version: versionOf(after.metadata) })
      return undefined
    } catch (error) {
      if (!isNew || !isConflict(error)) throw error
      const place = await this.#place(object, signal)
      if (place.taken !== undefined) return place.taken
      // It may be ours: made by the other of two leaders, or by a call whose answer was lost.
      if (place.uid === undefined) throw error
      return this.#apply(object, place.uid, signal)
    }
  }

  /** Without an error of its own: the plan asks again soon, while the backoff of a failed reconcile grows to minutes. */
  async #enqueue(task: TuningTask): Promise<Failure | undefined> {
    try {
      await this.#options.enqueue(task)
      return undefined
    } catch (error) {
      this.#options.onNotQueued(task, error)
      const why = error instanceof Error ? error.message : String(error)
      const message =
        `the task queue (Redis) does not take the run: ${why.slice(0, 200)}. Nothing is lost: it is tried again every ` +
        '10 seconds. If it stays so, an administrator has to look at Redis (settings.redisUrl)'
      return { obstacle: { kind: 'Task', reason: 'QueueUnreachable', message } }
    }
  }

  async #finalizer(workspace: Workspace, present: boolean, signal: AbortSignal): Promise<void> {
    const { name, namespace = '', uid = '' } = workspace.metadata
    await this.#options.applier.setFinalizer(
      { kind: 'Workspace', namespace, name },
      { uid, finalizer: FINALIZER, present },
      signal,
    )
  }
}

/** Does what there is belong to whoever wants this object? */
function isSameOwners(wanted: K8sObject, found: { readonly metadata: Seen }): boolean {
  const owner = ownerUidOf(wanted)
  if (owner === undefined) return false
  return wanted.metadata.namespace === undefined ? ownerUidOf(found) === owner : isControlledBy(found, owner)
}

const nameOf = ({ kind, metadata }: K8sObject) => `${kind} ${metadata.name}`

/** `namespace/Workspace/kind/name`. */
const keyOf = ({ kind, metadata }: K8sObject) =>
  `${metadata.namespace ?? ''}/${metadata.ownerReferences?.[0]?.name ?? ''}/${kind}/${metadata.name}`

/** Which object it is, and its generation where the kind has one (it ignores status), else the resourceVersion. */
const versionOf = (seen: Seen | undefined): string =>
  seen === undefined
    ? 'absent'
    : `${seen.uid} ${seen.generation === undefined ? `rv${seen.resourceVersion}` : `g${seen.generation}`}`

const statusObject = (workspace: Workspace, status: unknown): K8sObject => ({
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

const identityOf = (workspace: Workspace): K8sObject => ({
  apiVersion: WORKSPACE_API,
  kind: 'Workspace',
  metadata: { ...workspace.metadata, namespace: workspace.metadata.namespace ?? '' },
})
