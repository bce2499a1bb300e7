import { describe, expect, it } from 'vitest'
import { pathOf, resourceOf, resources } from '#src/kube/resource.ts'

describe('paths of resources', () => {
  it('are those of the API server', () => {
    expect(pathOf(resources.Pod)).toBe('/api/v1/pods')
    expect(pathOf(resources.Pod, { namespace: 'a', name: 'b', subresource: 'log' })).toBe(
      '/api/v1/namespaces/a/pods/b/log',
    )
    expect(pathOf(resources.Job, { namespace: 'a' })).toBe('/apis/batch/v1/namespaces/a/jobs')
    expect(pathOf(resources.Node, { name: 'n' })).toBe('/api/v1/nodes/n')
    expect(pathOf(resources.NodeClaim, { namespace: 'ignored', name: 'n' })).toBe('/apis/karpenter.sh/v1/nodeclaims/n')
  })

  it('cannot be left by a name', () => {
    for (const name of ['..', '.', 'a/b', 'a%2fb', '']) {
      expect(() => pathOf(resources.Secret, { namespace: 'ns', name }), name).toThrow(TypeError)
      expect(() => pathOf(resources.Secret, { namespace: name, name: 'x' }), name).toThrow(TypeError)
    }
    expect(pathOf(resources.Secret, { namespace: 'ns', name: 'a?b#c' })).toBe('/api/v1/namespaces/ns/secrets/a%3Fb%23c')
  })

  it('need a namespace for a namespaced object', () => {
    expect(() => pathOf(resources.Secret, { name: 'x' })).toThrow('needs a namespace')
  })

  it('are found by what an object says it is', () => {
    expect(resourceOf({ apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace' })).toBe(resources.Workspace)
    expect(() => resourceOf({ apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace' })).toThrow('not in the table')
    for (const [kind, resource] of Object.entries(resources)) expect(resource.kind).toBe(kind)
  })
})
