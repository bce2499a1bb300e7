import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeLabels } from '#src/api/selector.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { adapterParts } from '#src/desired/adapters.ts'
import { engineArgs, mediaEnv } from '#src/desired/engine.ts'
import { bothAffinities, placement } from '#src/desired/placement.ts'
import { literalEnv } from '#src/desired/pod-parts.ts'
import { inferenceService } from '#src/desired/service.ts'
import { datasetParts } from '#src/desired/sources.ts'
import { defined } from '#src/lib/defined.ts'
import { karpenter } from '#src/provisioners/karpenter.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

/** Kubernetes' expansion of `$(NAME)` in env values, for any names: a doubled dollar is one, what is not closed stays. */
const expanded = (text: string) =>
  text.replace(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : `<${name || found}>`,
  )

describe('a literal in an environment variable', () => {
  it('arrives as it was written, whatever dollars are in it', () => {
    const text = fc
      .array(fc.constantFrom('$', '$$', '(', ')', 'HOME', '$(HOME)', '{"a":"b"}'))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (value) => {
        expect(expanded(literalEnv(value))).toBe(value)
      }),
    )
  })

  it('would not arrive unescaped', () => {
    expect(expanded('$(HOME)')).not.toBe('$(HOME)')
    expect(literalEnv('a$(HOME)b')).toBe('a$$(HOME)b')
  })
})

describe('adapters in a serving pod', () => {
  const image = 'registry.example.com/adapters/tone:1'
  const parts = (specs: Parameters<typeof adapterParts>[0], volumes = true, pinned = new Map<string, string>()) =>
    adapterParts(specs, DEFAULT_SETTINGS, volumes, pinned)

  it('from an image are under /data of its mount, those of a volume at its root', () => {
    const volumeSource = { persistentVolumeClaim: { claimName: 'a' } }
    const { parts: made } = parts([{ source: { name: 'tone', image } }, { source: { name: 'facts', volumeSource } }])
    const steps = made.initContainers.map(({ env }) => JSON.parse(env?.[0]?.value ?? '{}').adapters[0].from)
    expect(steps).toEqual(['/mnt/adapters/tone/data', '/mnt/adapters/facts'])
  })

  it('are pinned to the digest that is known for their tag, so that every replica has the same', () => {
    const digest = 'registry.example.com/adapters/tone@sha256:0'
    const { parts: made } = parts([{ source: { name: 'tone', image } }], true, new Map([[image, digest]]))
    expect(made.volumes[0]?.['image']).toEqual({ reference: digest, pullPolicy: 'IfNotPresent' })
  })

  it.for([undefined, '1', '0.5'])(
    'with the strength %s are looked at by a step, and the server sees only what it left',
    (strength) => {
      const spec = { source: { name: 'tone', image }, ...defined({ strength }) }
      const { parts: made, adapters } = parts([spec])
      expect(made.initContainers.map(({ name }) => name)).toEqual(['scale-tone'])
      expect(adapters[0]?.path).toBe('/mnt/adapters-scaled/tone')
    },
  )

  it('have valid volume and container names up to the longest adapter name', () => {
    const name = 'a'.repeat(50)
    const spec = { source: { name, image, imagePullSecrets: ['s'] }, strength: '0.5' }
    const { parts: made } = parts([spec], false)
    for (const { name: part } of [...made.volumes, ...made.initContainers])
      expect(String(part).length).toBeLessThanOrEqual(63)
  })
})

describe('the arguments of the engine', () => {
  const inputs = {
    model: { path: '/m' },
    servedName: 'phi',
    adapters: [],
    tensor: 1,
    data: 1,
    isHalf: false,
    mediaDomains: [],
    config: { engineArgs: [] },
    extra: [],
  }

  it('have the user’s own last, so that they win', () => {
    const args = engineArgs({ ...inputs, extra: ['--max-model-len=1'], config: { engineArgs: ['--max-model-len=2'] } })
    expect(args.slice(-2)).toEqual(['--max-model-len=1', '--max-model-len=2'])
  })

  it('ask for LoRA only with adapters, and split the model only over several GPUs', () => {
    expect(engineArgs(inputs).join(' ')).not.toMatch(/lora|-parallel/)
    expect(engineArgs({ ...inputs, data: 2 }).join(' ')).toContain('--data-parallel-size=2 --api-server-count=1')
    const args = engineArgs({ ...inputs, tensor: 4, adapters: [{ name: 'tone', path: '/a' }] })
    expect(args).toContain('--tensor-parallel-size=4')
    expect(args).toContain('{"name":"tone","path":"/a","base_model_name":"phi"}')
  })

  it('let requests name no host to fetch from, but those that are listed', () => {
    expect(engineArgs(inputs).join(' ')).toContain('--allowed-media-domains nowhere.invalid')
    const listed = engineArgs({ ...inputs, mediaDomains: ['a.example.com', 'b.example.com'] }).join(' ')
    expect(listed).toMatch(/--allowed-media-domains a.example.com b.example.com( --|$)/)
    expect(mediaEnv(['a.example.com'])).toEqual([{ name: 'VLLM_MEDIA_URL_ALLOW_REDIRECTS', value: '0' }])
    expect(engineArgs({ ...inputs, mediaDomains: ['*'] }).join(' ')).not.toContain('media')
    expect(mediaEnv(['*'])).toEqual([])
  })

  it('keep the engine on the loopback, where only the gateway reaches it', () => {
    expect(engineArgs(inputs)[0]).toBe('--host=127.0.0.1')
  })
})

describe('where pods may run', () => {
  it('is on nodes with the labels of matchLabels and of single-valued In', () => {
    const matchExpressions = [
      { key: 'zone', operator: 'In' as const, values: ['a'] },
      { key: 'ring', operator: 'In' as const, values: ['a', 'b'] },
      { key: 'gone', operator: 'DoesNotExist' as const },
    ]
    const workspace = {
      ...tuningWorkspace(),
      resource: { labelSelector: { matchLabels: { apps: 'x' }, matchExpressions } },
    }
    expect(nodeLabels(workspace.resource?.labelSelector)).toEqual({ apps: 'x', zone: 'a' })
  })

  it('is on its own nodes where those are provisioned', () => {
    const own = JSON.stringify(placement(tuningWorkspace(), { ...DEFAULT_SETTINGS, nodeProvisioner: 'karpenter' }))
    const any = JSON.stringify(placement(tuningWorkspace(), { ...DEFAULT_SETTINGS, nodeProvisioner: 'byo' }))
    expect(own).toContain('kaito.sh/workspacenamespace')
    expect(any).not.toContain('kaito.sh/workspacenamespace')
  })
})

describe('a node of its own', () => {
  const settings = { ...DEFAULT_SETTINGS, nodeProvisioner: 'karpenter' as const }
  const uid = tuningWorkspace().metadata.uid
  const taint = { key: 'kaito.sh/workspace-uid', value: uid, effect: 'NoSchedule' }
  const claims = (dedicatedNodes: boolean) =>
    karpenter.buys?.claims({
      workspace: tuningWorkspace(),
      settings: { ...settings, dedicatedNodes },
      catalog: builtInCatalog,
    }) ?? []

  it('says by uid whose it is, and keeps others away where that is wanted', () => {
    for (const [claim] of [claims(false), claims(true)])
      expect(claim?.metadata.labels).toMatchObject({ 'kaito.sh/workspace-uid': uid })
    expect(claims(false)[0]?.spec.taints).not.toContainEqual(taint)
    expect(claims(true)[0]?.spec.taints).toContainEqual(taint)
  })

  it('takes its pods either way, and nodes that exist are not asked for it', () => {
    expect(placement(tuningWorkspace(), settings).tolerations).toContainEqual({ ...taint, operator: 'Equal' })
    const byo = placement(tuningWorkspace(), { ...settings, nodeProvisioner: 'byo' })
    expect(JSON.stringify(byo)).not.toContain('workspace-uid')
  })
})

describe('an affinity of a template', () => {
  const required = (...nodeSelectorTerms: object[]) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  })
  const ours = { key: 'apps', operator: 'In', values: ['phi-3'] }
  const both = (own: unknown) => bothAffinities(own, required({ matchExpressions: [ours] }))
  const theirs = { key: 'disk', operator: 'Exists' }

  it.each<[string, unknown, unknown]>([
    ['none is ours', undefined, required({ matchExpressions: [ours] })],
    [
      'each of its terms holds ours too',
      required({ matchExpressions: [theirs] }, { matchFields: [theirs] }),
      required({ matchExpressions: [theirs, ours] }, { matchFields: [theirs], matchExpressions: [ours] }),
    ],
    [
      'what it only prefers, and what it wants of pods, stays',
      { podAntiAffinity: {}, nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [1] } },
      {
        podAntiAffinity: {},
        nodeAffinity: {
          ...required({ matchExpressions: [ours] }).nodeAffinity,
          preferredDuringSchedulingIgnoredDuringExecution: [1],
        },
      },
    ],
    [
      'a term that is no node stays one',
      required({}, { matchExpressions: [] }),
      required({}, { matchExpressions: [] }),
    ],
  ])('%s', (_, own, expected) => {
    expect(both(own)).toEqual(expected)
  })

  it('stays as it is where any node will do', () => {
    expect(bothAffinities({ podAffinity: {} }, undefined)).toEqual({ podAffinity: {} })
  })
})

describe('the Service', () => {
  it.for([
    ['True', 'LoadBalancer'],
    ['false', 'ClusterIP'],
  ])('with the annotation %s is a %s', ([value = '', type]) => {
    const workspace = inferenceWorkspace()
    const annotated = { ...workspace, metadata: { ...workspace.metadata, annotations: { 'kaito.sh/enablelb': value } } }
    expect(inferenceService(annotated)['spec']).toMatchObject({ type })
  })
})

describe('a dataset', () => {
  it('from nowhere is an empty folder, which the trainer then names', () => {
    expect(datasetParts({}, DEFAULT_SETTINGS, true)).toMatchObject({ folder: '/mnt/data', parts: { volumes: [] } })
  })

  it('from URLs is limited in size and to the private hosts that the administrator allows', () => {
    const settings = { ...DEFAULT_SETTINGS, datasetMaxBytes: 7, datasetAllowPrivate: ['10.0.0.0/8'] }
    const { parts } = datasetParts({ urls: ['https://a.example.com/x?sig=$(HOME)'] }, settings, true)
    const env = JSON.stringify(parts.initContainers[0]?.['env'])
    expect(env).toContain('"maxBytes\\":7')
    expect(env).toContain('10.0.0.0/8')
    expect(env).toContain('sig=$$(HOME)')
  })
})
