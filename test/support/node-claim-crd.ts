import type { KubeObject } from '#src/kube/resource.ts'

/** As much of Karpenter's NodeClaim as the operator meets: cluster-scoped, with a status of its own. */
export const nodeClaimCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'nodeclaims.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    scope: 'Cluster',
    names: { kind: 'NodeClaim', plural: 'nodeclaims', singular: 'nodeclaim' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
