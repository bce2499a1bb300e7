/** Every name this operator writes on, or reads from, objects of others. Upstream's keys where upstream has one. */
export const API_GROUP = 'kaito.sh'
export const API_VERSION = 'v1alpha1'
export const WORKSPACE_API = `${API_GROUP}/${API_VERSION}`

export const FIELD_MANAGER = 'kaito-ts'
export const FINALIZER = 'workspace.finalizer.kaito.sh'

export const LABEL = {
  /** On pods, Jobs, NodeClaims, nodes: the Workspace's name. */
  workspace: 'kaito.sh/workspace',
  /** On NodeClaims and nodes, which have no namespace of their own. */
  workspaceNamespace: 'kaito.sh/workspacenamespace',
  /** On NodeClaims and nodes: the Workspace itself, whatever another of its name is called later. Also the key of their taint. */
  workspaceUid: 'kaito.sh/workspace-uid',
  /** Which part of a Workspace an object is: `precheck`, `tuning` or `inference`. */
  component: 'kaito.sh/component',
  nodePool: 'karpenter.sh/nodepool',
  instanceType: 'node.kubernetes.io/instance-type',
  managedBy: 'app.kubernetes.io/managed-by',
} as const

export const ANNOTATION = {
  /** `vllm` or `transformers`. */
  runtime: 'kaito.sh/runtime',
  /** Turns memory refusals into warnings. Presence is enough, as upstream. */
  bypassResourceChecks: 'kaito.sh/bypass-resource-checks',
  /** `True` asks for a Service of type LoadBalancer. */
  enableLoadBalancer: 'kaito.sh/enablelb',
  /** A Secret of API keys: without one of them a server answers nobody. */
  apiKeys: 'kaito.sh/api-keys',
  nodeImageFamily: 'kaito.sh/node-image-family',
  /** How long a tuning run may take, in place of the administrator's setting: `90m`, `36h`, `2d`. */
  tuningDeadline: 'kaito.sh/tuning-deadline',
  /** By how much the adapter has to lower the loss on rows that were kept back: `5%`. Else nothing is pushed. */
  minImprovement: 'kaito.sh/min-improvement',
  /** The Job of an active run that a change of the Workspace may end and replace. */
  replaceRun: 'kaito.sh/replace-run',
  /** Any new value checks a tuning run again whose check failed. */
  retry: 'kaito.sh/retry',
  /** Hash of the inputs an object was built from; another hash is another run. */
  revision: 'kaito.sh/revision',
  /** Any new value replaces a server's pods by what is new: images, settings, an edited ConfigMap. */
  restart: 'kaito.sh/restart',
  /** On a StatefulSet: with which images it was made, and for which revision of the Workspace. */
  startedWith: 'kaito.sh/started-with',
  /** Why the defaulting webhook chose what it chose. */
  defaultedBecause: 'kaito.sh/defaulted-because',
  /** The fields (not values) that this operator owns on a Job that has been handed to a worker. */
  doNotDisrupt: 'karpenter.sh/do-not-disrupt',
} as const

/** Selector keys that mean ownership: a user's selector that used them would select another Workspace's nodes. */
export const RESERVED_SELECTOR_KEYS: readonly string[] = [
  'kaito.sh/workspace',
  'kaito.sh/workspacenamespace',
  'kaito.sh/workspace-uid',
  'kaito.sh/ragengine',
  'kaito.sh/ragenginenamespace',
  'karpenter.kaito.sh/workspace-name',
  'karpenter.kaito.sh/workspace-namespace',
  'karpenter.kaito.sh/inferenceset',
  'karpenter.kaito.sh/inferenceset-namespace',
]
