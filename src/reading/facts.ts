import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Catalog } from '#src/catalog/catalog.ts'
import type { Cloud } from '#src/catalog/gpu.ts'

export type Operation = 'CREATE' | 'UPDATE'

/** What an administrator decided, as far as rules care. */
export interface Policy {
  readonly cloud: Cloud
  /** Where nodes come from. */
  readonly nodeProvisioner: Settings['nodeProvisioner']
  /** Namespaces whose Workspaces are looked after; all where there is none. */
  readonly namespaces: readonly string[]
  /** Most nodes that one Workspace may ask for. */
  readonly maxNodes: number
  /** Most nodes that those of a namespace may have together; 0 is as many as they like. */
  readonly maxNodesPerNamespace: number
  readonly namespaceNodes: Settings['namespaceNodes']
  /** Pod Security Standard of templates, and service accounts that they may name. */
  readonly templates: Settings['templates']
  readonly templateServiceAccounts: readonly string[]
  /** Kinds of volume that are allowed beside the usual ones. */
  readonly volumeKinds: readonly string[]
  /** Flags of the server that are allowed beside the safe ones. */
  readonly engineFlags: readonly string[]
  /** Is a run checked on a CPU before a GPU is asked for? */
  readonly tuningPrecheck: Settings['tuningPrecheck']
  /** Hosts and CIDRs that datasets may come from although they are private. */
  readonly datasetAllowPrivate: readonly string[]
  /** The longest deadline that a Workspace may ask for its run, seconds. */
  readonly longestRunSeconds: number
}

/** The part of the settings that rules care about. */
export const policyOf = (settings: Settings): Policy => ({
  cloud: settings.cloud,
  nodeProvisioner: settings.nodeProvisioner,
  namespaces: settings.namespaces,
  maxNodes: settings.maxNodesPerWorkspace,
  maxNodesPerNamespace: settings.maxNodesPerNamespace,
  namespaceNodes: settings.namespaceNodes,
  templates: settings.templates,
  templateServiceAccounts: settings.templateServiceAccounts,
  volumeKinds: settings.volumeKinds,
  engineFlags: settings.engineFlags,
  tuningPrecheck: settings.tuningPrecheck,
  datasetAllowPrivate: settings.datasetAllowPrivate,
  longestRunSeconds: settings.tuningDeadlineMaxSeconds,
})

/** A ConfigMap or Secret that a rule asked for: there (with its data), not there, or not looked up in time. */
export type Lookup<T> = { readonly state: 'found'; readonly value: T } | { readonly state: 'missing' | 'unknown' }

export interface SecretFacts {
  readonly type: string
  /** Keys only, and for docker configs which entries they have, as `covers` reads them. Values never reach a rule. */
  readonly keys: readonly string[]
  /** Entries with a login. */
  readonly registries: readonly string[]
  /** Entries without one. */
  readonly loginless: readonly string[]
}

/** Nodes that all Workspaces of a namespace have or wait for. */
export interface NodesHeld {
  readonly nodes: number
}

/** Everything a rule may know beside the object itself. Gathered before any rule runs; rules never fetch. */
export interface Facts {
  readonly operation: Operation
  readonly old?: Workspace
  readonly namespace: string
  readonly dryRun: boolean
  readonly policy: Policy
  readonly catalog: Catalog
  readonly configMaps: ReadonlyMap<string, Lookup<Readonly<Record<string, string>>>>
  readonly secrets: ReadonlyMap<string, Lookup<SecretFacts>>
  /** By namespace; only of the Workspace's own, where that has a limit. */
  readonly nodesHeld: ReadonlyMap<string, Lookup<NodesHeld>>
}
