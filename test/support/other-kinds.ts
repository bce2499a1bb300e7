import type { K8sObject } from '#src/api/objects.ts'
import type { Http } from '#src/kube/http.ts'

/** Objects of kinds that the operator has nothing to do with, and its client does not know. */
export const createNamespace = (http: Http, name: string): Promise<string> =>
  http.text({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  })

export const createDefinition = (http: Http, definition: K8sObject): Promise<string> =>
  http.text({ method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: definition })
