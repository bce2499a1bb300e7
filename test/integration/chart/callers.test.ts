import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { parseSettings } from '#src/config.ts'
import { at, one, render } from './helm.ts'

const WEBHOOK = 'kaito-ts'

describe('the callers of the webhook', () => {
  const allowedNames = (objects: readonly K8sObject[]) =>
    parseSettings(String(at(one(objects, 'ConfigMap'), 'data', 'settings.yaml'))).webhook.allowedNames
  const clientCa = (objects: readonly K8sObject[]) => {
    const spec = at(one(objects, 'Deployment', WEBHOOK), 'spec', 'template', 'spec')
    const [volume] = Array.from(Object(at(spec, 'volumes'))).filter((each) => at(each, 'name') === 'client-ca')
    return { spec, volume, args: at(spec, 'containers', 0, 'args') }
  }

  it.each([
    [{ secretName: 'callers' }, { secret: { secretName: 'callers', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }],
    [
      { configMapName: 'callers', key: 'tls.pem' },
      { configMap: { name: 'callers', items: [{ key: 'tls.pem', path: 'ca.crt' }] } },
    ],
  ])('need a certificate of an authority in %j', async (where, mounted) => {
    const clientAuth = { enabled: true, allowedNames: ['kube-apiserver'], ...where }
    const rendered = await render({ webhook: { clientAuth } })
    const { spec, volume, args } = clientCa(rendered)
    expect(volume).toEqual({ name: 'client-ca', ...mounted })
    expect(args).toEqual(expect.arrayContaining(['--client-ca-file', '/etc/kaito/client-ca/ca.crt']))
    // A folder and not one file of it: that would stay as it was when the pod started.
    expect(at(spec, 'containers', 0, 'volumeMounts')).toContainEqual({
      name: 'client-ca',
      mountPath: '/etc/kaito/client-ca',
      readOnly: true,
    })
    expect(allowedNames(rendered)).toEqual(['kube-apiserver'])
    expect(JSON.stringify(one(rendered, 'Deployment', 'kaito-ts-reconciler'))).not.toContain('client-ca')
  })

  it('need none by default, whatever else is said of them', async () => {
    const rendered = await render({ webhook: { clientAuth: { secretName: 'callers', allowedNames: ['a'] } } })
    expect(clientCa(rendered).volume).toBeUndefined()
    expect(clientCa(rendered).args).not.toContain('--client-ca-file')
    expect(allowedNames(rendered)).toEqual([])
  })

  it('come from where the administrator says, while the health port is open to all', async () => {
    const ingress = async (values: object) =>
      at(one(await render({ ...values }), 'NetworkPolicy', 'kaito-ts'), 'spec', 'ingress')
    const from = [{ ipBlock: { cidr: '10.0.0.0/28' } }]
    expect(await ingress({})).toEqual([{ ports: [{ port: 8081 }] }, { ports: [{ port: 9443 }] }])
    expect(await ingress({ webhook: { allowedFrom: from, port: 9444 } })).toEqual([
      { ports: [{ port: 8081 }] },
      { ports: [{ port: 9444 }], from },
    ])
  })
})
