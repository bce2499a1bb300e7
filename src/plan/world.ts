import type { Reason } from '#src/api/conditions.ts'
import type { JobView, NodeClaimView, NodeView, PodView, StatefulSetView, VolumeClaimView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Catalog } from '#src/catalog/catalog.ts'
import type { Evaluation } from '#src/contract/evaluation.ts'
import type { HalvedLine, ProgressPoint, WaitingLine } from '#src/contract/lines.ts'
import type { RowCounts } from '#src/contract/rows.ts'
import type { GpuPod } from '#src/observe/gpu-requests.ts'
import type { Allotted } from './allotment.ts'

/** Is a ConfigMap or Secret there? Values of Secrets are never read. */
export type Presence = 'found' | 'missing'

/** Why an object of this kind could not be applied, the last time it was tried. */
export interface Obstacle {
  readonly kind: string
  readonly reason: Extract<Reason, 'NameTaken' | 'ApplyFailed' | 'QueueUnreachable'>
  readonly message: string
}

/** Everything a reconcile may know: gathered once, before anything is decided. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly workspace: Workspace
  readonly settings: Settings
  readonly catalog: Catalog
  readonly nodes: readonly NodeView[]
  /** Does the cluster have Karpenter's NodeClaims at all? */
  readonly hasNodeClaims: boolean
  /** Made by this operator for this Workspace. */
  readonly nodeClaims: readonly NodeClaimView[]
  readonly jobs: readonly JobView[]
  /** What outlives the pods of its tuning runs. */
  readonly volumeClaims: readonly VolumeClaimView[]
  /** Of these Jobs and of the StatefulSet: known by their controller, not by labels. */
  readonly pods: readonly PodView[]
  readonly statefulSet?: StatefulSetView
  /** Data of the ConfigMap that `tuning.config` or `inference.config` names. */
  readonly config?: Readonly<Record<string, string>>
  /** Version of that ConfigMap. */
  readonly configVersion?: string
  readonly secrets: ReadonlyMap<string, Presence>
  /** Adapter images that tuning Workspaces of this namespace pushed: tag reference -> digest reference. */
  readonly pushed: ReadonlyMap<string, string>
  /** What the train step has printed so far, oldest first. */
  readonly progress: readonly ProgressPoint[]
  /** What the train step has said of the rows. */
  readonly rows?: RowCounts
  /** What the train step has said of the adapter. */
  readonly evaluation?: Evaluation
  /** What the train step has said of a GPU that ran out of memory. */
  readonly halved?: HalvedLine
  /** What the push step waits for, if it does. */
  readonly pushWait?: WaitingLine
  /** Who holds GPUs of the nodes of `nodesToAsk`. Of others nothing is known. */
  readonly gpuPods?: readonly GpuPod[]
  readonly obstacle?: Obstacle
  /** What the limit of nodes of its namespace says to it. Absent where there is none. */
  readonly allotted?: Allotted
}

/** When it was looked at, as a status says times. */
export const timeOf = ({ now }: World): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
