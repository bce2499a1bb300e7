import type {
  V1Affinity,
  V1Container,
  V1EnvVar,
  V1JobSpec,
  V1Lifecycle,
  V1PersistentVolumeClaimSpec,
  V1PodFailurePolicyRule,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Probe,
  V1ResourceRequirements,
  V1SecurityContext,
  V1ServiceSpec,
  V1StatefulSetSpec,
  V1Toleration,
  V1Volume,
  V1VolumeMount,
  V1VolumeProjection,
} from '@kubernetes/client-node'
import type { ObjectMeta } from '#src/api/objects.ts'

/**
 * What is built here, in Kubernetes' own types, so that a misspelt field is a compile error. Only types are taken from the client
 * library: nothing of it is loaded, and what is built is sent as it is.
 */
export type Job = Manifest<'batch/v1', 'Job', Wire<V1JobSpec>>
export type Service = Manifest<'v1', 'Service', Wire<V1ServiceSpec>>
export type VolumeClaim = Manifest<'v1', 'PersistentVolumeClaim', Wire<V1PersistentVolumeClaimSpec>>
/** The template is ours, or a user's own of which nothing is known. */
export type StatefulSet<Template = Wire<V1PodTemplateSpec>> = Manifest<
  'apps/v1',
  'StatefulSet',
  Omit<Wire<V1StatefulSetSpec>, 'template'> & { readonly template: Template }
>

export type PodSpec = Wire<V1PodSpec>
export type PodSecurity = Wire<V1PodSecurityContext>
export type Affinity = Wire<V1Affinity>
export type Toleration = Wire<V1Toleration>
export type Volume = Wire<V1Volume>
export type VolumeMount = Wire<V1VolumeMount>
export type VolumeProjection = Wire<V1VolumeProjection>
export type Container = Wire<V1Container>
export type ContainerSecurity = Wire<V1SecurityContext>
export type Resources = Wire<V1ResourceRequirements>
export type ContainerLifecycle = Wire<V1Lifecycle>
export type ContainerProbe = Wire<V1Probe>
export type EnvVar = Wire<V1EnvVar>
export type FailureRule = Wire<V1PodFailurePolicyRule>

// biome-ignore lint/style/useConsistentTypeDefinitions: only an alias can be handed to whatever takes any Kubernetes object
type Manifest<Version extends string, Kind extends string, Spec> = {
  readonly apiVersion: Version
  readonly kind: Kind
  readonly metadata: ObjectMeta
  readonly spec: Spec
}

/** A type of the client library as JSON has it: dates are texts. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]: Wire<T[Field]> }
      : T
