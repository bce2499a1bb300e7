import { ANNOTATION } from '#src/api/labels.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Service } from './manifest.ts'
import { ownedBy, ownedLabels, selectorLabels } from './meta.ts'
import { headlessName, inferenceName } from './names.ts'
import { servingPort } from './serving-port.ts'

/** `<workspace>`: port 80 to the gateway, or to the own server, of every ready replica. */
export function inferenceService(workspace: Workspace): Service {
  const balanced = workspace.metadata.annotations?.[ANNOTATION.enableLoadBalancer] === 'True'
  return service(workspace, inferenceName(workspace), {
    type: balanced ? 'LoadBalancer' : 'ClusterIP',
    ports: [{ name: 'http', port: 80, targetPort: servingPort(workspace), protocol: 'TCP' }],
  })
}

/** `<workspace>-headless`: gives the replicas their names. */
export const headlessService = (workspace: Workspace): Service =>
  service(workspace, headlessName(workspace), { clusterIP: 'None', publishNotReadyAddresses: true })

function service(workspace: Workspace, name: string, spec: Service['spec']): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: workspace.metadata.namespace ?? 'default',
      labels: ownedLabels(workspace, 'inference'),
      ownerReferences: [ownedBy(workspace)],
    },
    spec: { selector: selectorLabels(workspace, 'inference'), ...spec },
  }
}
