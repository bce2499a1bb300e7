import type {
  JobView,
  K8sObject,
  NodeClaimView,
  NodeView,
  PodView,
  StatefulSetView,
  VolumeClaimView,
} from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Kind } from './resource.ts'

/** Of each kind the fields that are read here. The apiserver has checked them; nothing else may be taken for granted. */
interface Views {
  readonly Workspace: Workspace
  readonly NodeClaim: NodeClaimView
  readonly Job: JobView
  readonly StatefulSet: StatefulSetView
  readonly PersistentVolumeClaim: VolumeClaimView
  readonly Pod: PodView
  readonly Node: NodeView
  readonly ConfigMap: ConfigMapView
  readonly Secret: SecretView
  readonly ValidatingWebhookConfiguration: WebhookConfigurationView
  readonly MutatingWebhookConfiguration: WebhookConfigurationView
}

interface ConfigMapView {
  readonly data?: Readonly<Record<string, string>>
}

interface SecretView {
  readonly type?: string
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>
}

interface WebhookConfigurationView {
  readonly webhooks?: readonly {
    readonly name: string
    readonly clientConfig?: {
      readonly caBundle?: string
      readonly service?: { readonly namespace: string; readonly name: string }
    }
  }[]
}

/** An object of a kind, as the apiserver sends it. */
export type ObjectOf<K extends Kind> = K8sObject & (K extends keyof Views ? Views[K] : unknown)
