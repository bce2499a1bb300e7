import { defined } from '#src/lib/defined.ts'
import { needsDefaults, notBeingDeleted } from './match-conditions.ts'

/** Where the API server finds us: a Service inside the cluster, or a URL where it runs outside (tests, debugging). */
export type WebhookTarget =
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } }
  | { readonly url: string }

export interface RegistrationOptions {
  readonly target: WebhookTarget
  /** The namespace that the operator runs in: nothing in it may wait for the operator. */
  readonly operatorNamespace: string
  /** Base64 of the PEM authorities. Left out by the chart: certs/ patches it in, and nobody else owns the field. */
  readonly caBundle?: string
}

export const VALIDATING = { kind: 'ValidatingWebhookConfiguration', name: 'validation.workspace.kaito.sh' } as const
export const MUTATING = { kind: 'MutatingWebhookConfiguration', name: 'defaulting.workspace.kaito.sh' } as const

/**
 * The configuration of the validating webhook. It fails closed: a Workspace that nobody checked would cost GPU hours.
 * That can lock nothing but Workspaces, and their deletion is not asked about.
 */
export const validatingConfiguration = (options: RegistrationOptions) => ({
  apiVersion: 'admissionregistration.k8s.io/v1' as const,
  kind: VALIDATING.kind,
  metadata: { name: VALIDATING.name, labels },
  webhooks: [
    {
      name: VALIDATING.name,
      ...common(options, '/validate'),
      failurePolicy: 'Fail' as const,
      matchConditions: [notBeingDeleted],
    },
  ],
})

/** The configuration of the defaulting webhook. It fails open: the validating one sees the outcome and has the last word. */
export const mutatingConfiguration = (options: RegistrationOptions) => ({
  apiVersion: 'admissionregistration.k8s.io/v1' as const,
  kind: MUTATING.kind,
  metadata: { name: MUTATING.name, labels },
  webhooks: [
    {
      name: MUTATING.name,
      ...common(options, '/mutate'),
      failurePolicy: 'Ignore' as const,
      // Another webhook may add what we have a default for, e.g. an adapter.
      reinvocationPolicy: 'IfNeeded' as const,
      matchConditions: [notBeingDeleted, needsDefaults],
    },
  ],
})

const labels = { 'app.kubernetes.io/managed-by': 'kaito-ts' }

const common = (options: RegistrationOptions, path: string) => ({
  admissionReviewVersions: ['v1'],
  clientConfig: {
    ...clientConfig(options.target, path),
    ...defined({ caBundle: options.caBundle }),
  },
  // Not DELETE, and not workspaces/status: no answer of ours may delay an operator or a garbage collector.
  rules: [
    {
      apiGroups: ['kaito.sh'],
      apiVersions: ['v1alpha1'],
      resources: ['workspaces'],
      operations: ['CREATE', 'UPDATE'],
      scope: 'Namespaced',
    },
  ],
  matchPolicy: 'Equivalent' as const,
  sideEffects: 'None' as const,
  timeoutSeconds: 5,
  namespaceSelector: { matchExpressions: [...notOurs(options.operatorNamespace), ...aksSelectors] },
  objectSelector: {},
})

const notOurs = (operatorNamespace: string) => [
  {
    key: 'kubernetes.io/metadata.name',
    operator: 'NotIn',
    values: [...new Set(['kube-system', operatorNamespace])],
  },
]

/**
 * AKS's Admissions Enforcer adds these to every webhook that lacks them, and whoever then restores his own version
 * fights with it for ever (Azure/AKS#1771). So they are there from the start, in its words and its order.
 */
const aksSelectors = [
  { key: 'control-plane', operator: 'DoesNotExist' },
  { key: 'control-plane', operator: 'NotIn', values: ['true'] },
  { key: 'kubernetes.azure.com/managedby', operator: 'NotIn', values: ['aks'] },
]

const clientConfig = (target: WebhookTarget, path: string) =>
  'url' in target ? { url: `${target.url}${path}` } : { service: { ...target.service, path } }
