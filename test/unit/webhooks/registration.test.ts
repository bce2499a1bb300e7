import { describe, expect, it } from 'vitest'
import { mutatingConfiguration, validatingConfiguration } from '#webhooks/registration.ts'

const target = { service: { namespace: 'kaito', name: 'webhook', port: 443 } }
const options = { target, operatorNamespace: 'kaito' }
const [validating] = validatingConfiguration(options).webhooks
const [mutating] = mutatingConfiguration(options).webhooks

describe.each([
  ['validating', validating],
  ['mutating', mutating],
])('the %s webhook', (_name, webhook) => {
  it('is asked about the creation and the change of Workspaces, and about nothing else', () => {
    expect(webhook?.rules).toEqual([
      {
        apiGroups: ['kaito.sh'],
        apiVersions: ['v1alpha1'],
        resources: ['workspaces'],
        operations: ['CREATE', 'UPDATE'],
        scope: 'Namespaced',
      },
    ])
    expect(webhook?.matchPolicy).toBe('Equivalent')
  })

  it('answers soon, and has no side effects', () => {
    expect(webhook?.timeoutSeconds).toBeLessThanOrEqual(5)
    expect(webhook?.sideEffects).toBe('None')
  })

  it('leaves system namespaces and the operator alone, with the selectors AKS would add', () => {
    expect(webhook?.namespaceSelector.matchExpressions).toEqual([
      { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'kaito'] },
      { key: 'control-plane', operator: 'DoesNotExist' },
      { key: 'control-plane', operator: 'NotIn', values: ['true'] },
      { key: 'kubernetes.azure.com/managedby', operator: 'NotIn', values: ['aks'] },
    ])
  })

  it('leaves objects alone that are being deleted', () => {
    expect(webhook?.matchConditions[0]?.expression).toBe('!has(object.metadata.deletionTimestamp)')
  })

  it('has no caBundle of its own', () => {
    expect(webhook?.clientConfig).not.toHaveProperty('caBundle')
  })
})

describe('the pair of webhooks', () => {
  it('fails closed where objects are checked and open where they are completed', () => {
    expect(validating?.failurePolicy).toBe('Fail')
    expect(mutating?.failurePolicy).toBe('Ignore')
    expect(mutating?.reinvocationPolicy).toBe('IfNeeded')
  })

  it('is found through the Service, or at a URL outside the cluster', () => {
    expect(validating?.clientConfig).toEqual({ service: { ...target.service, path: '/validate' } })
    const outside = mutatingConfiguration({
      target: { url: 'https://127.0.0.1:9443' },
      operatorNamespace: 'kaito',
      caBundle: 'QQ==',
    })
    expect(outside.webhooks[0]?.clientConfig).toEqual({ url: 'https://127.0.0.1:9443/mutate', caBundle: 'QQ==' })
  })
})
