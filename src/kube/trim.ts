import { FIELD_MANAGER } from '#src/api/labels.ts'
import type { JobView, NodeClaimView, NodeView, ObjectMeta, PodView, StatefulSetView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { isLargerThan } from '#src/lib/json-size.ts'

// What the watches keep of an object is what somebody reads of it: the size of a cache must not be up to whoever makes objects.

/** kubectl's own copy of the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** A Workspace of a preset has a tenth of it; ten thousand of exactly this size would be 160 MiB. */
const KEPT = { characters: 16_384, values: 1_000 }

const outlines = new WeakSet<Workspace>()

/** Is this only the outline of a Workspace that was too large to be kept? A plan is then made of a fresh copy. */
export const isOutline = (workspace: Workspace): boolean => outlines.has(workspace)

/** A large Workspace without what may be large in it. What else is read of the others of a namespace stays. */
export function trimWorkspace(workspace: Workspace): Workspace {
  if (isOutline(workspace)) return workspace
  const { metadata, resource, inference, tuning } = workspace
  const { managedFields: _, annotations: { [LAST_APPLIED]: __, ...annotations } = {}, ...rest } = metadata
  if (!isLargerThan({ resource, inference, tuning, annotations }, KEPT)) {
    return { ...workspace, metadata: { ...rest, ...(metadata.annotations === undefined ? {} : { annotations }) } }
  }
  const image = tuning?.output.image
  const { resource: ___, ...others } = workspace
  const count = resource?.count
  const outline: Workspace = {
    ...others,
    metadata: rest,
    // How many nodes it has is counted with those of its namespace.
    resource: { labelSelector: {}, ...defined({ count }) },
    ...(inference === undefined ? {} : { inference: {} }),
    ...(tuning === undefined ? {} : { tuning: { input: {}, output: defined({ image }) } }),
  }
  outlines.add(outline)
  return outline
}

export function trimJob({ metadata, spec, status }: JobView): JobView {
  const suspend = spec?.suspend
  return { metadata: ours(metadata), spec: defined({ suspend }), ...defined({ status }) }
}

export function trimPod({ metadata, spec, status }: PodView): PodView {
  const nodeName = spec?.nodeName
  return { metadata: ours(metadata), spec: defined({ nodeName }), ...defined({ status }) }
}

/** Of who set which field, only what others have set of the spec is kept: an edit by hand is put back. */
export function trimSet({ metadata, spec, status }: StatefulSetView): StatefulSetView {
  const replicas = spec?.replicas
  const managedFields = (metadata.managedFields ?? []).flatMap(({ manager = '', subresource, fieldsV1 }) =>
    fieldsV1 === undefined || !('f:spec' in fieldsV1) || subresource === 'status' || manager === FIELD_MANAGER
      ? []
      : [{ manager, fieldsV1: { 'f:spec': fieldsV1['f:spec'] } }],
  )
  return {
    metadata: { ...ours(metadata), managedFields },
    spec: defined({ replicas }),
    ...defined({ status }),
  }
}

export const trimOwned = ({ metadata }: { readonly metadata: ObjectMeta }) => ({ metadata: ours(metadata) })

export const trimNodeClaim = ({ metadata, status }: NodeClaimView): NodeClaimView => ({
  metadata: ours(metadata),
  ...defined({ status }),
})

/** Nodes carry image lists of many kilobytes that nobody here reads. */
export function trimNode({ metadata, spec, status }: NodeView): NodeView {
  const { name, uid, resourceVersion, labels } = metadata
  const { unschedulable, taints } = spec ?? {}
  const { allocatable, nodeInfo } = status ?? {}
  const conditions = status?.conditions?.filter(({ type }) => type === 'Ready')
  return {
    metadata: { name, ...defined({ uid, resourceVersion, labels }) },
    ...(unschedulable === undefined && taints === undefined ? {} : { spec: defined({ unschedulable, taints }) }),
    status: defined({ conditions, allocatable, nodeInfo }),
  }
}

/** Without annotations that are larger than any of ours: anybody may write 256 KiB of them. */
function ours({ managedFields: _, ...metadata }: ObjectMeta): ObjectMeta {
  if (metadata.annotations === undefined || !isLargerThan(metadata.annotations, KEPT)) return metadata
  const { annotations: __, ...rest } = metadata
  return rest
}
