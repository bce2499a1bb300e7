import { describe, expect, it } from 'vitest'
import { imageContent } from '#src/desired/image-content.ts'
import type { Json } from '#src/desired/pod-parts.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

const content = (imagePullSecrets: readonly string[], asVolume = false) =>
  imageContent({
    name: 'weights',
    image: 'a.io/weights:1',
    mountPath: '/mnt/weights',
    imagePullSecrets,
    asVolume,
    settings: DEFAULT_SETTINGS,
  })

const stepOf = (container: Json | undefined): { readonly authDir?: string } => {
  const env = (container?.['env'] ?? []) as readonly { readonly value: string }[]
  return JSON.parse(env[0]?.value ?? '{}')
}

describe('an image that a step unpacks', () => {
  it('is pulled with every Secret: a file of its own for each, in their order, of either format', () => {
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`)
    const { volumes, initContainers, imagePullSecrets } = content(names)
    expect(imagePullSecrets).toEqual(names)
    const [pull] = initContainers
    const { authDir } = stepOf(pull)
    const mounts = pull?.['volumeMounts'] as Json[]
    const volume = mounts.find(({ mountPath }) => mountPath === authDir)?.['name']
    const projected = volumes.find(({ name }) => name === volume)?.['projected']
    const { sources } = (projected ?? { sources: [] }) as { readonly sources: readonly { readonly secret: Secret }[] }
    expect(sources.map(({ secret: { name } }) => name)).toEqual(names)
    const files = sources.flatMap(({ secret: { items } }) => items.map(({ path }) => path))
    expect(files.toSorted()).toEqual(
      sources.flatMap(({ secret: { items } }) => items.map(({ path }) => path).toSorted()),
    )
    expect(new Set(files).size).toBe(24)
    expect(sources[0]?.secret.items.map(({ key }) => key)).toEqual(['.dockerconfigjson', '.dockercfg'])
    // A Secret has one of the two keys, and one that is not there holds up no pod.
    expect(sources.every(({ secret: { optional } }) => optional)).toBe(true)
  })

  it('is pulled without a login where no Secret is named', () => {
    const { volumes, initContainers } = content([])
    expect(stepOf(initContainers[0])).not.toHaveProperty('authDir')
    expect(volumes.map(({ name }) => name)).toEqual(['weights'])
  })
})

it('leaves an image that is a volume to the kubelet, with all the Secrets', () => {
  expect(content(['a', 'b'], true)).toMatchObject({ initContainers: [], imagePullSecrets: ['a', 'b'] })
})

interface Secret {
  readonly name: string
  readonly optional: boolean
  readonly items: readonly { readonly key: string; readonly path: string }[]
}
