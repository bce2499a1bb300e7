import { ANNOTATION } from '#src/api/labels.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { stableHash } from '#src/lib/stable-hash.ts'

/**
 * What the owner of a Workspace asked to be served: ten hex digits over all that they can change about it. A server that has
 * started for it stays as it is, whatever else changes: another operator release, other settings, a node that joins, a tag
 * that moves. `kaito.sh/restart` with any new value is how its owner asks for what is new.
 * The text of a ConfigMap is not part of it: editing one must not restart a server at some unrelated moment.
 */
export const servingRevision = ({ metadata, resource, inference }: Workspace): string =>
  stableHash({
    uid: metadata.uid,
    inference,
    count: resource?.count,
    instanceType: resource?.instanceType,
    labelSelector: resource?.labelSelector,
    restart: metadata.annotations?.[ANNOTATION.restart],
    // Who may ask is the owner's to say at once, and a server without its Secret cannot ask for keys.
    apiKeys: metadata.annotations?.[ANNOTATION.apiKeys],
  })
