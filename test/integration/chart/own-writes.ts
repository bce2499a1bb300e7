import { join } from 'node:path'
import { clusterKeys } from '#examples/cluster/cluster-keys.ts'
import type { ControlPlane } from '#examples/cluster/control-plane.ts'
import { writeKubeconfig } from '#examples/cluster/kubeconfig.ts'
import { WORKSPACE_API } from '#src/api/labels.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { CONTAINER_SECURITY, POD_SECURITY } from '#src/desired/pod-parts.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { connect } from '../kube/harness.ts'
import { NAMESPACE } from './helm.ts'

/** A client with the certificate of a service account of the release's namespace, as whoever stole its token. */
export async function connectAs(plane: ControlPlane, account: string) {
  const keys = await clusterKeys(join(plane.dir, 'pki'), ['127.0.0.1'], '10.96.0.1')
  const client = await keys.client(account, `system:serviceaccount:${NAMESPACE}:${account}`)
  return connect(writeKubeconfig(join(plane.dir, `${account}-stolen.kubeconfig`), plane.url, plane.ca, client))
}

/** Gives an account every right that roles can give. */
export const clusterAdmin = (account: string): K8sObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: `all-rights-of-${account}` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
})

/** What says that a Workspace controls an object; no such Workspace need exist. */
export const ownedBy = (name: string, uid = 'b0a7f4d6-4ae5-4b0e-9a33-0d6a6a1d5a01') => ({
  ownerReferences: [
    { apiVersion: WORKSPACE_API, kind: 'Workspace', name, uid, controller: true, blockOwnerDeletion: true },
  ],
})

/** A pod as `restricted` has it. */
const pod = (container: object, more: object) => ({
  metadata: { labels: { app: 'a' } },
  spec: {
    automountServiceAccountToken: false,
    securityContext: POD_SECURITY,
    containers: [{ name: 'c', securityContext: CONTAINER_SECURITY, ...container }],
    ...more,
  },
})

/** The container of a step. */
export const STEP = { image: DEFAULT_SETTINGS.images.operator, args: ['jobs/steps/main.ts', 'push'] }

export const job = (namespace: string, name: string, meta: object = {}, spec: object = {}): K8sObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace, name, ...meta },
  spec: { template: pod(STEP, { restartPolicy: 'Never', ...spec }) },
})

export const statefulSet = (namespace: string, name: string, meta: object = {}, spec: object = {}): K8sObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace, name, ...meta },
  spec: {
    serviceName: name,
    selector: { matchLabels: { app: 'a' } },
    template: pod({ image: 'registry.example.com/c:1' }, { restartPolicy: 'Always', ...spec }),
  },
})

export const service = (namespace: string, name: string, meta: object = {}, spec: object = {}): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name, ...meta },
  spec: { selector: { 'kaito.sh/workspace': 'owner' }, ports: [{ name: 'http', port: 80 }], ...spec },
})

export const volumeClaim = (namespace: string, name: string, meta: object = {}, spec: object = {}): K8sObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace, name, ...meta },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

export const secret = (name: string, more: object = {}): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: NAMESPACE, name },
  ...more,
})

export const lease = (namespace: string, name: string): K8sObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace, name },
  spec: { holderIdentity: 'me' },
})

export const event = (reportingController: string, kind: string): K8sObject => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { namespace: 'default', name: `e-${kind.toLowerCase()}-${reportingController.length}` },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController,
  reportingInstance: 'a',
  type: 'Normal',
  reason: 'A',
  action: 'B',
  regarding: { apiVersion: 'v1', kind, namespace: 'default', name: 'owner' },
})
