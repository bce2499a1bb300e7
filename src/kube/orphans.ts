import type { Workspace } from '#src/api/workspace.ts'
import type { Applier } from './apply.ts'
import type { KubeClient } from './client.ts'
import { isOurs, isOwnClaim } from './own-claims.ts'
import type { Stores } from './stores.ts'

/**
 * Gives back the NodeClaims of a Workspace that no longer exists: two leaders for a moment, or a finalizer removed by hand,
 * can leave one behind, and a node that nobody asks for costs money for ever. One of the same name that was made since has no
 * use for them: its own have other names. `key` is `namespace/name`.
 */
export async function releaseOrphans(
  key: string,
  { client, applier, stores }: { readonly client: KubeClient; readonly applier: Applier; readonly stores: Stores },
  signal: AbortSignal,
): Promise<void> {
  const ours = stores.nodeClaims
    .by('workspace', key)
    .filter((claim) => isOurs(claim) && !claim.metadata.deletionTimestamp)
  const strays = (workspace: Workspace | undefined) =>
    ours.filter((claim) => workspace === undefined || !isOwnClaim(workspace, claim))
  if (strays(stores.workspaces.get(key)).length === 0) return
  const [namespace = '', name = ''] = key.split('/')
  // The watches are not in step: asked directly, lest a Workspace that is only not seen yet loses its nodes.
  const workspace = await client.get({ kind: 'Workspace', namespace, name }, signal)
  for (const { metadata } of strays(workspace)) {
    await applier.remove({ kind: 'NodeClaim', name: metadata.name }, metadata.uid ?? '', signal)
  }
}
