import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import type { Connected } from '../kube/harness.ts'
import { NAMESPACE } from './helm.ts'

/** As kube-proxy would, but by name: the API server follows an ExternalName, to the port that the webhook names. */
export async function leadServiceHere(admin: Connected, port: number): Promise<void> {
  const patch = (path: string, body: unknown, contentType: string) =>
    admin.http.text({ method: 'PATCH', path, body, contentType })
  const spec = { type: 'ExternalName', externalName: 'localhost', clusterIP: null, clusterIPs: null }
  await patch(`/api/v1/namespaces/${NAMESPACE}/services/kaito-ts`, { spec }, 'application/merge-patch+json')
  const body = [{ op: 'replace', path: '/webhooks/0/clientConfig/service/port', value: port }]
  for (const [kind, { name }] of [
    ['validating', VALIDATING],
    ['mutating', MUTATING],
  ] as const)
    await patch(
      `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/${name}`,
      body,
      'application/json-patch+json',
    )
}

/** A node with a GPU that Workspaces with `apps: ws` find. */
export async function makeNode({ client }: Connected): Promise<void> {
  const labels = { apps: 'ws', 'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4' }
  const node = await client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'gpu-0', labels } })
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }]
  const gpus = { 'nvidia.com/gpu': '1' }
  const status = { capacity: gpus, allocatable: gpus, conditions }
  await client.applyStatus({ ...node, metadata: { name: 'gpu-0' }, status }, { manager: 'test' })
}
