import type { K8sObject } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { perObject } from '#src/lib/per-object.ts'
import { stableHash } from '#src/lib/stable-hash.ts'

/** Replicas as they are built now, with a hash of all of it. */
export interface Built {
  readonly set: K8sObject
  readonly template: string
}

/**
 * What `build` gives, kept for as long as the Workspace and all that it is built from are the same: most looks at a server
 * find it as it is. Equal are the same objects, and the same texts and numbers.
 */
export function builtFor(workspace: Workspace, from: readonly unknown[], build: () => K8sObject): Built {
  const kept = keptFor(workspace)
  if (kept.last?.from.length !== from.length || !from.every((each, index) => each === kept.last?.from[index])) {
    const set = build()
    kept.last = { from, built: { set, template: stableHash(set) } }
  }
  return kept.last.built
}

const keptFor = perObject((_workspace: Workspace): Kept => ({ last: undefined }))

interface Kept {
  last: { readonly from: readonly unknown[]; readonly built: Built } | undefined
}
