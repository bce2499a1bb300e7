import { FIELD_MANAGER, LABEL } from '#src/api/labels.ts'
import type { Applier } from './apply.ts'
import type { KubeClient } from './client.ts'
import type { Stores } from './stores.ts'

/**
 * Gives back the NodeClaims of a Workspace that no longer exists: two leaders for a moment, or a finalizer removed by hand,
 * can leave one behind, and a node that nobody asks for costs money for ever. `key` is `namespace/name`.
 */
export async function releaseOrphans(
  key: string,
  { client, applier, stores }: { readonly client: KubeClient; readonly applier: Applier; readonly stores: Stores },
  signal: AbortSignal,
): Promise<void> {
  const ours = stores.nodeClaims
    .by('workspace', key)
    .filter(({ metadata }) => metadata.labels?.[LABEL.managedBy] === FIELD_MANAGER && !metadata.deletionTimestamp)
  if (ours.length === 0) return
  const [namespace = '', name = ''] = key.split('/')
  // The watches are not in step: asked directly, lest a Workspace that is only not seen yet loses its nodes.
  if ((await client.get({ kind: 'Workspace', namespace, name }, signal)) !== undefined) return
  for (const { metadata } of ours) {
    await applier.remove({ kind: 'NodeClaim', name: metadata.name }, metadata.uid ?? '', signal)
  }
}
