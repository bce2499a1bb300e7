/**
 * Condition types and reasons: the words that users, dashboards and tests may rely on.
 * Types are upstream's, plus `Ready` (the one that kstatus, Argo CD and Flux read).
 */
export const CONDITION = {
  /** The dataset, the base model, the training config and the push were checked on a CPU, before a GPU is asked for. */
  tuningPrechecked: 'TuningPrechecked',
  /** Enough nodes with the wanted GPU are ready (and, where nodes are provisioned, claimed). */
  resourceReady: 'ResourceReady',
  /** The server answers and every adapter is loaded. */
  inferenceReady: 'InferenceReady',
  /** The tuning Job has a running or finished pod. */
  jobStarted: 'JobStarted',
  /** Summary: inference answers, or tuning has pushed its adapter. */
  workspaceSucceeded: 'WorkspaceSucceeded',
  /** The same summary under the name that generic tools read. */
  ready: 'Ready',
  /** False while something that the Workspace needs cannot be applied; what runs already goes on. Absent else. */
  applied: 'Applied',
  /** The object is being deleted. */
  deleting: 'WorkspaceDeleting',
} as const

export type ConditionType = (typeof CONDITION)[keyof typeof CONDITION]

/** Every reason, each with what a person should know. `npm run generate` prints this list into docs/conditions.md. */
export const REASON = {
  NodesReady: 'Enough matching nodes with free GPUs are ready.',
  NodesMissing: 'No (or not enough) ready node matches labelSelector, instanceType and GPU count.',
  GpuInUse: 'Nodes match, and pods that run there hold their GPUs; the message says which pods.',
  GpuUnsuitable:
    'Nodes match, and their GPUs cannot run the model: too little memory, or too old. The message has the numbers.',
  NodeProvisionerMissing: 'Nodes should be provisioned, but the cluster does not have the definition of NodeClaims.',
  NodeClaimPending: 'A NodeClaim waits for its node.',
  CloudQuotaExceeded:
    "The cloud's quota for this kind of machine is used up; the message has its numbers, where the cloud says them.",
  SkuNotInRegion:
    "The cloud does not sell this instance type in the cluster's region or zone, or not to this subscription.",
  CapacityUnavailable: 'The cloud has no machine of this type free now.',
  NodeClaimFailed: "A NodeClaim reported why it cannot get a node; the message is the cloud's own.",
  QuotaExceeded:
    'The Workspaces of the namespace have as many nodes as an administrator allows, or too many for this one; it goes on when others end.',
  ConfigInvalid: 'A ConfigMap that the Workspace names is missing or does not hold what it should.',
  NotAllowed:
    'The Workspace asks for more than an administrator has allowed (Pod Security, service account, volumes, nodes and their labels); nothing is made of it.',
  SecretMissing: 'A Secret that the Workspace names does not exist (yet); no GPU is used before it does.',
  ImageUnavailable: 'An image could not be found or pulled; the message says which and why.',
  QueueUnreachable:
    'The task queue (Redis) does not answer; the run is queued by itself when it does. The message has the cause.',
  Superseded: 'In status.runs: another run was asked for before this one ended.',
  Prechecking:
    'The dataset, the base model, the training config and the push are checked on a CPU; no GPU is asked for yet.',
  Prechecked: 'The check before the run found nothing that would end it; the message has what was found.',
  NotPrechecked: 'No node is asked for before the check of the run has passed; TuningPrechecked says how it stands.',
  PrecheckFailed:
    'The check before the run did not come to a verdict; the message has its last words. No GPU was asked for.',
  Queued: 'The tuning run is queued; a worker will create its Job.',
  JobPending: 'The tuning Job exists; its pod is not running yet.',
  Fetching: 'The dataset is being downloaded.',
  Training: 'The model is being tuned.',
  RowsLeftOut:
    'An event: rows of the dataset are left out or cut. How many and why is in its message, and in status.tuning.data.',
  Pushing: 'The adapter is being pushed.',
  Succeeded: 'The adapter image was pushed; its digest is in status.tuning.image.',
  DatasetUnreachable: 'A dataset address could not be downloaded.',
  DatasetInvalid: 'The dataset is not in a format that can be trained on.',
  BaseModelUnavailable: 'The base model could not be loaded.',
  CudaOutOfMemory: 'The GPU ran out of memory; the message says what takes less.',
  OOMKilled: "A container used more of the node's memory than it may, and was killed for it. The GPU's is another.",
  Stalled: 'Nothing moved in the run for settings.tuningStallSeconds: a GPU or a process hung. It was ended.',
  NotImproved:
    'The adapter did not lower the loss by as much as kaito.sh/min-improvement asks for; the message names both losses. Nothing was pushed.',
  Evaluated: 'An event: the loss of the base model and of the adapter on rows that were not trained on.',
  TrainingFailed: 'The trainer stopped with an error; the message has its last words.',
  PullDenied: 'The registry refused to give an image.',
  PullFailed: 'An image could not be pulled.',
  PushDenied: 'The registry refused the adapter image: wrong credentials or a missing role.',
  PushFailed: 'The adapter image could not be pushed.',
  Evicted: 'The pod was evicted or its node went away.',
  Killed: 'A container was ended from outside by a signal, and its pod was not evicted.',
  DeadlineExceeded: 'The run took longer than its deadline.',
  Unschedulable: "The scheduler finds no node; the message is the scheduler's own.",
  ContainerCannotStart: "A container cannot start; the message is the kubelet's own.",
  NameTaken:
    'An object that the Workspace needs is there already and is not its own; the message names it. It is left alone.',
  ApplyFailed:
    'An object that the Workspace needs could not be applied; the message has the cause and what to do. It is tried again.',
  CrashLoop: 'A container keeps crashing; the message has its last words.',
  ServerStarting: 'The server loads the model.',
  ServerReady: 'The server answers.',
  Deleting: 'The Workspace is being deleted; its nodes are given back first.',
  Internal: 'The operator itself failed; it tries again. The message has the cause.',
} as const

export type Reason = keyof typeof REASON

export const isReason = (text: unknown): text is Reason => typeof text === 'string' && Object.hasOwn(REASON, text)
