import { describe, expect, it } from 'vitest'
import { imageContent } from '#src/desired/image-content.ts'
import type { Container } from '#src/desired/manifest.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

const content = (imagePullSecrets: readonly string[], asVolume = false) =>
  imageContent({
    name: 'weights',
    image: 'a.io/weights:1',
    mountPath: '/mnt/weights',
    maxBytes: 1,
    imagePullSecrets,
    asVolume,
    settings: DEFAULT_SETTINGS,
  })

const stepOf = (container: Container | undefined): { readonly authDir?: string } => {
  return JSON.parse(container?.env?.[0]?.value ?? '{}')
}

describe('an image that a step unpacks', () => {
  it('is pulled with every Secret: a file of its own for each, in their order, of either format', () => {
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`)
    const { volumes, initContainers, imagePullSecrets } = content(names)
    expect(imagePullSecrets).toEqual(names)
    const [pull] = initContainers
    const { authDir } = stepOf(pull)
    const volume = pull?.volumeMounts?.find(({ mountPath }) => mountPath === authDir)?.name
    const projected = volumes.find(({ name }) => name === volume)?.projected
    const secrets = projected?.sources?.flatMap(({ secret }) => secret ?? []) ?? []
    expect(secrets.map(({ name }) => name)).toEqual(names)
    const pathsOf = ({ items = [] }: (typeof secrets)[number]) => items.map(({ path }) => path)
    const files = secrets.flatMap(pathsOf)
    expect(files.toSorted()).toEqual(secrets.flatMap((secret) => pathsOf(secret).toSorted()))
    expect(new Set(files).size).toBe(24)
    expect(secrets[0]?.items?.map(({ key }) => key)).toEqual(['.dockerconfigjson', '.dockercfg'])
    // A Secret has one of the two keys, and one that is not there holds up no pod.
    expect(secrets.every(({ optional }) => optional)).toBe(true)
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
