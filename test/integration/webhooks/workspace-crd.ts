/** As much of a Workspace's definition as admission needs: any content, and a status of its own. */
export const workspaceCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'workspaces.kaito.sh' },
  spec: {
    group: 'kaito.sh',
    scope: 'Namespaced',
    names: { kind: 'Workspace', plural: 'workspaces', singular: 'workspace' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
