/** Any Kubernetes object, as JSON: its identity, and the rest is whatever its kind says. Sent as it is, and kept as it came. */
export interface K8sObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/** The part of Kubernetes' ObjectMeta that this operator reads. Everything else passes through untouched. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFields[]
}

/** Who has set which fields, as the apiserver keeps it. */
export interface ManagedFields {
  readonly manager?: string
  readonly subresource?: string
  readonly fieldsV1?: object
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ConditionView {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** The parts of other objects that this operator reads, as the apiserver sends them. */
export interface NodeView {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly unschedulable?: boolean
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  }
  readonly status?: {
    readonly conditions?: readonly ConditionView[]
    readonly allocatable?: Readonly<Record<string, string>>
    readonly nodeInfo?: { readonly containerRuntimeVersion?: string; readonly kubeletVersion?: string }
  }
}

export interface JobView {
  readonly metadata: ObjectMeta
  readonly spec?: { readonly suspend?: boolean }
  readonly status?: {
    readonly active?: number
    readonly ready?: number
    readonly failed?: number
    readonly succeeded?: number
    readonly startTime?: string
    readonly completionTime?: string
    readonly conditions?: readonly ConditionView[]
  }
}

export interface ContainerStatusView {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerStateView
  readonly lastState?: ContainerStateView
}

interface ContainerStateView {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: TerminatedView
}

export interface TerminatedView {
  readonly exitCode: number
  readonly reason?: string
  readonly message?: string
  readonly finishedAt?: string
}

/** Of a container of anybody's, what it holds. Not kept of pods that are watched. */
export interface ContainerView {
  readonly restartPolicy?: string
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
}

export interface PodView {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly nodeName?: string
    readonly initContainers?: readonly ContainerView[]
    readonly containers?: readonly ContainerView[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    /** When the kubelet took it: what a pod waits for before that is no GPU time. */
    readonly startTime?: string
    readonly conditions?: readonly ConditionView[]
    readonly initContainerStatuses?: readonly ContainerStatusView[]
    readonly containerStatuses?: readonly ContainerStatusView[]
  }
}

export interface StatefulSetView {
  readonly metadata: ObjectMeta
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
    readonly currentRevision?: string
    readonly updateRevision?: string
  }
}

export interface NodeClaimView {
  readonly metadata: ObjectMeta
  readonly status?: { readonly nodeName?: string; readonly conditions?: readonly ConditionView[] }
}

export interface VolumeClaimView {
  readonly metadata: ObjectMeta
}

/** Where the containers of a pod stand in its spec. */
export const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const
