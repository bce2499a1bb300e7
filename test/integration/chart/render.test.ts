import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withImages } from '#examples/images/values-file.ts'
import { workspaceCrd } from '#src/api/crd.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { settingsSchema } from '#src/api/settings.ts'
import { parseSettings } from '#src/config.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { MUTATING, mutatingConfiguration, VALIDATING, validatingConfiguration } from '#webhooks/registration.ts'
import { all, at, chartDir, helm, NAMESPACE, one, render } from './helm.ts'

const settingsOf = (objects: readonly K8sObject[]) =>
  parseSettings(String(at(one(objects, 'ConfigMap'), 'data', 'settings.yaml')))

const container = (objects: readonly K8sObject[], kind: string, name?: string) =>
  at(one(objects, kind, name), 'spec', 'template', 'spec', 'containers', 0)

const WEBHOOK = 'kaito-ts'
const RECONCILER = 'kaito-ts-reconciler'

describe('the webhook configurations of the chart', () => {
  it.each([
    [NAMESPACE, 'kaito-ts'],
    ['kube-system', 'kaito-ts'],
    ['models', 'workspace-operator'],
  ])('are those of the code in namespace %s with the name %s', async (namespace, name) => {
    const rendered = await render({ fullnameOverride: name }, namespace)
    const options = { target: { service: { namespace, name, port: 443 } }, operatorNamespace: namespace }
    for (const wanted of [validatingConfiguration(options), mutatingConfiguration(options)]) {
      const { labels: _, ...metadata } = one(rendered, wanted.kind).metadata
      expect({ ...one(rendered, wanted.kind), metadata }).toEqual({
        ...wanted,
        // Labels are Helm's to say: it knows its objects by managed-by.
        metadata: { name: wanted.metadata.name },
      })
    }
  })

  it('target a Service that leads to the operator', async () => {
    const rendered = await render()
    const service = one(rendered, 'Service', 'kaito-ts')
    expect(at(service, 'spec', 'ports', 0)).toEqual({ name: 'webhook', port: 443, targetPort: 'webhook' })
    const labels = at(one(rendered, 'Deployment', WEBHOOK), 'spec', 'template', 'metadata', 'labels')
    expect(labels).toMatchObject(Object(at(service, 'spec', 'selector')))
    const others = at(one(rendered, 'Deployment', RECONCILER), 'spec', 'template', 'metadata', 'labels')
    expect(others).not.toMatchObject(Object(at(service, 'spec', 'selector')))
    expect(at(container(rendered, 'Deployment', WEBHOOK), 'ports')).toContainEqual({
      name: 'webhook',
      containerPort: 9443,
    })
    expect(settingsOf(rendered).webhook).toEqual({
      enabled: true,
      port: 9443,
      serviceName: 'kaito-ts',
      allowedNames: [],
    })
  })

  it('leave out caBundle, and are injected by cert-manager only when it is asked for', async () => {
    const own = await render()
    const managed = await render({ certManager: { enabled: true } })
    for (const { kind, name } of [VALIDATING, MUTATING]) {
      expect(JSON.stringify(one(own, kind, name))).not.toMatch(/caBundle|cert-manager/)
      expect(one(managed, kind, name).metadata['annotations']).toEqual({
        'cert-manager.io/inject-ca-from': 'kaito-system/kaito-ts-webhook',
      })
    }
    expect(at(container(managed, 'Deployment', WEBHOOK), 'volumeMounts')).toContainEqual({
      name: 'certs',
      mountPath: '/etc/kaito/certs',
      readOnly: true,
    })
    expect(at(container(managed, 'Deployment', WEBHOOK), 'args')).toEqual(
      expect.arrayContaining(['--cert-dir', '/etc/kaito/certs']),
    )
    expect(at(container(own, 'Deployment', WEBHOOK), 'args')).not.toContain('--cert-dir')
  })

  it('are not installed when the webhooks are off', async () => {
    const rendered = await render({ webhook: { enabled: false } })
    expect(rendered.filter(({ kind }) => kind.endsWith('WebhookConfiguration'))).toEqual([])
    expect(all(rendered, 'Deployment').map(({ metadata }) => metadata.name)).toEqual([RECONCILER])
    expect(settingsOf(rendered).webhook.enabled).toBe(false)
  })
})

describe('the settings file of the chart', () => {
  it('says what the code assumes when nothing is said', async () => {
    expect(settingsOf(await render())).toEqual(DEFAULT_SETTINGS)
  })

  it('passes values on, and runs steps with the image that the operator runs', async () => {
    const catalog = { presets: [{ name: 'phi-3-mini-128k-instruct', weights: { image: 'r.example/tiny:1' } }] }
    const rendered = await render({
      image: { reference: 'r.example:5000/kaito:7' },
      settings: { nodeProvisioner: 'byo', insecureRegistries: ['r.example:5000'], catalog },
    })
    expect(settingsOf(rendered)).toMatchObject({
      nodeProvisioner: 'byo',
      insecureRegistries: ['r.example:5000'],
      catalog,
      images: { ...DEFAULT_SETTINGS.images, operator: 'r.example:5000/kaito:7' },
    })
    expect(at(container(rendered, 'Deployment'), 'image')).toBe('r.example:5000/kaito:7')
  })

  it('takes all images from a mirror, whatever registry they come from', async () => {
    const rendered = await render({ imageRegistry: 'mirror.example/k' })
    expect(settingsOf(rendered).images).toEqual({
      operator: 'mirror.example/k/kaito-ts/operator:0.1.0',
      trainer: 'mirror.example/k/kaito-ts/trainer:0.1.0',
      server: 'mirror.example/k/vllm/vllm-openai:v0.33.0',
    })
    expect(at(container(rendered, 'StatefulSet'), 'image')).toBe('mirror.example/k/library/redis:8')
  })

  it('takes the images that `npm run images` wrote down', async () => {
    const names = ['operator', 'redis', 'trainer', 'server'] as const
    const references = new Map(names.map((name) => [name, `r.example/k/${name}@sha256:${'0'.repeat(64)}`]))
    const rendered = await render(parse(withImages('', references)))
    expect(at(container(rendered, 'Deployment'), 'image')).toBe(references.get('operator'))
    expect(at(container(rendered, 'StatefulSet'), 'image')).toBe(references.get('redis'))
    const { operator, trainer, server } = Object.fromEntries(references)
    expect(settingsOf(rendered).images).toEqual({ operator, trainer, server })
  })

  it('restarts the operator when it changes', async () => {
    const checksum = async (values: object) =>
      at(one(await render({ ...values }), 'Deployment'), 'spec', 'template', 'metadata', 'annotations')
    expect(await checksum({ settings: { cloud: 'aws' } })).not.toEqual(await checksum({}))
    expect(await checksum({ replicas: 3 })).toEqual(await checksum({}))
  })

  it.each(Object.keys(settingsSchema.properties))('can be given %s, unless the chart knows it itself', async (key) => {
    const wrong = { settings: { [key]: { no: 'such type' } } }
    const { code, stderr } = await helm(['template', 'kaito', chartDir], wrong)
    if (key === 'catalog') expect(code).toBe(0)
    else if (key === 'redisUrl' || key === 'webhook') expect(stderr).toContain('additional properties')
    else
      expect(stderr).toMatch(
        'properties' in (Reflect.get(settingsSchema.properties, key) ?? {})
          ? /additional properties/
          : /got object, want|got string, want integer|value must be one of/,
      )
  })
})

describe('the chart', () => {
  it('lints without a warning or an error', async () => {
    const { code, stdout } = await helm(['lint', chartDir, '--strict'])
    expect(stdout).not.toMatch(/WARNING|ERROR/)
    expect(code).toBe(0)
  })

  it('holds the Workspace definition of the code and keeps it on uninstall', async () => {
    const crd = one(await render(), 'CustomResourceDefinition')
    const { spec } = workspaceCrd()
    expect(crd['spec']).toEqual(spec)
    expect(crd.metadata['annotations']).toEqual({ 'helm.sh/resource-policy': 'keep' })
    expect(all(await render({ crds: { enabled: false } }), 'CustomResourceDefinition')).toEqual([])
  })

  it('runs pods that the restricted Pod Security Standard admits', async () => {
    const rendered = await render()
    for (const { kind, metadata } of [...all(rendered, 'Deployment'), ...all(rendered, 'StatefulSet')]) {
      expect(at(one(rendered, kind, metadata.name), 'spec', 'template', 'spec', 'securityContext')).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(at(container(rendered, kind, metadata.name), 'securityContext')).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  it('keeps one of each role through a drain, where there is more than one', async () => {
    const budgets = async (values: object) =>
      all(await render({ ...values }), 'PodDisruptionBudget').map(({ metadata, spec }) => [
        metadata.name,
        at(spec, 'minAvailable'),
      ])
    expect(await budgets({})).toEqual([
      [RECONCILER, 1],
      [WEBHOOK, 1],
    ])
    expect(await budgets({ replicas: 1 })).toEqual([])
    expect(await budgets({ replicas: 1, webhook: { replicas: 2 } })).toEqual([[WEBHOOK, 1]])
    expect(await budgets({ webhook: { podDisruptionBudget: { enabled: false } } })).toEqual([[RECONCILER, 1]])
  })

  it('runs as many webhooks as reconcilers, unless it is told otherwise, each within its own limits', async () => {
    const limits = { limits: { memory: '1Gi' } }
    const own = await render({ replicas: 3, webhook: { replicas: 5, resources: limits } })
    expect(at(one(own, 'Deployment', RECONCILER), 'spec', 'replicas')).toBe(3)
    expect(at(one(own, 'Deployment', WEBHOOK), 'spec', 'replicas')).toBe(5)
    expect(at(container(own, 'Deployment', WEBHOOK), 'resources')).toMatchObject(limits)
    expect(at(container(own, 'Deployment', RECONCILER), 'resources')).not.toMatchObject(limits)
    expect(at(one(await render({ replicas: 3 }), 'Deployment', WEBHOOK), 'spec', 'replicas')).toBe(3)
  })

  // A Service has one selector, a Deployment never another, and the authority is published for one Service name.
  it('upgrades from one Deployment for both roles while its pods go on answering', async () => {
    const rendered = await render()
    const single = {
      'app.kubernetes.io/name': 'kaito-ts',
      'app.kubernetes.io/instance': 'kaito',
      'app.kubernetes.io/component': 'operator',
    }
    expect(at(one(rendered, 'Service', 'kaito-ts'), 'spec', 'selector')).toEqual(single)
    expect(at(one(rendered, 'Deployment', 'kaito-ts'), 'spec', 'selector', 'matchLabels')).toEqual(single)
    // Its pods reconcile with this account until they go.
    expect(at(one(rendered, 'Deployment', RECONCILER), 'spec', 'template', 'spec', 'serviceAccountName')).toBe(
      'kaito-ts',
    )
  })

  it('lets only the reconciler reach Redis', async () => {
    const rendered = await render()
    const [rule, ...more] = Array.from(Object(at(one(rendered, 'NetworkPolicy', 'kaito-ts-redis'), 'spec', 'ingress')))
    expect(more).toEqual([])
    const allowed = at(rule, 'from', 0, 'podSelector', 'matchLabels')
    const labels = (name: string) => at(one(rendered, 'Deployment', name), 'spec', 'template', 'metadata', 'labels')
    expect(labels(RECONCILER)).toMatchObject(Object(allowed))
    expect(labels(WEBHOOK)).not.toMatchObject(Object(allowed))
    expect(at(one(rendered, 'StatefulSet'), 'spec', 'template', 'metadata', 'labels')).not.toMatchObject(
      Object(allowed),
    )
  })

  it('gives the operator the address of Redis from a Secret, whoever runs it', async () => {
    const redisUrl = (objects: readonly K8sObject[]) =>
      Array.from(Object(at(container(objects, 'Deployment', RECONCILER), 'env'))).find(
        (env) => at(env, 'name') === 'KAITO_REDIS_URL',
      )
    const decoded = (objects: readonly K8sObject[]) =>
      Buffer.from(String(at(one(objects, 'Secret', 'kaito-ts-redis'), 'data', 'url')), 'base64').toString()
    const own = await render({ redis: { password: 'p@ss:w/rd%' } })
    expect(JSON.stringify(container(own, 'Deployment', WEBHOOK))).not.toMatch(/redis/i)
    expect(redisUrl(own)).toMatchObject({ valueFrom: { secretKeyRef: { name: 'kaito-ts-redis', key: 'url' } } })
    const { host, password } = new URL(decoded(own))
    expect([host, decodeURIComponent(password)]).toEqual(['kaito-ts-redis.kaito-system.svc:6379', 'p@ss:w/rd%'])

    const other = await render({ redis: { enabled: false, url: 'rediss://:x@redis.example:6380' } })
    expect(decoded(other)).toBe('rediss://:x@redis.example:6380')
    expect(all(other, 'StatefulSet')).toEqual([])
    const secret = { name: 'my-redis', key: 'address' }
    const existing = await render({ redis: { enabled: false, existingSecret: secret } })
    expect(redisUrl(existing)).toMatchObject({ valueFrom: { secretKeyRef: secret } })
    expect(all(existing, 'Secret')).toEqual([])
  })

  it.each([
    [{ redis: { enabled: false } }, 'set redis.url'],
    [{ redis: { url: 'redis://elsewhere' } }, 'set redis.enabled to false'],
    [{ setings: {} }, "additional properties 'setings'"],
    [{ settings: { cluod: 'azure' } }, "additional properties 'cluod'"],
    [{ logLevel: 'verbose' }, 'logLevel'],
    [{ webhook: { clientAuth: { enabled: true } } }, 'set either secretName or configMapName'],
    [{ webhook: { clientAuth: { enabled: true, secretName: 'a', configMapName: 'b' } } }, 'set either secretName'],
    [{ webhook: { clientAuth: { secret: 'a' } } }, "additional properties 'secret'"],
  ])('refuses %j', async (values, why) => {
    await expect(render(values)).rejects.toThrow(why)
  })
})
