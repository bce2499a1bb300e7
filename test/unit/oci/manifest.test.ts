import { describe, expect, test } from 'vitest'
import { type PlatformManifest, parseManifest, platformList, selectPlatform } from '#src/oci/manifest.ts'

const digest = `sha256:${'1'.repeat(64)}`
const descriptor = { mediaType: 'application/x', digest, size: 5 }
const on = (os: string, architecture: string): PlatformManifest => ({ ...descriptor, platform: { os, architecture } })

describe('manifests', () => {
  test('an image and an index are told apart', () => {
    const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] }
    expect(parseManifest(JSON.stringify(image))).toMatchObject({
      ok: true,
      manifest: { kind: 'image', layers: [descriptor] },
    })
    const index = { schemaVersion: 2, manifests: [on('linux', 'amd64')] }
    expect(parseManifest(JSON.stringify(index))).toMatchObject({ ok: true, manifest: { kind: 'index' } })
  })

  test.each([
    ['text', 'x'],
    ['null', 'null'],
    ['no layers', JSON.stringify({ config: descriptor })],
    ['a digest that climbs', JSON.stringify({ config: { ...descriptor, digest: 'sha256:../../etc' }, layers: [] })],
    ['a negative size', JSON.stringify({ config: descriptor, layers: [{ ...descriptor, size: -1 }] })],
    ['a size that is a text', JSON.stringify({ config: { ...descriptor, size: '5' }, layers: [] })],
    ['too many layers', JSON.stringify({ config: descriptor, layers: Array(1001).fill(descriptor) })],
    ['schema 1', JSON.stringify({ schemaVersion: 1, fsLayers: [] })],
  ])('refuses %s', (_, json) => expect(parseManifest(json).ok).toBe(false))
})

describe('platforms', () => {
  const wanted = { os: 'linux', architecture: 'arm64' }

  test('the exact one is chosen, signatures and attestations never', () => {
    const attestation = {
      ...on('linux', 'arm64'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }
    const right = on('linux', 'arm64')
    expect(selectPlatform([attestation, on('linux', 'amd64'), right], wanted)).toBe(right)
  })

  test('a single entry without platform serves all, one for another platform none', () => {
    expect(selectPlatform([descriptor], wanted)).toBe(descriptor)
    expect(selectPlatform([on('windows', 'amd64')], wanted)).toBeUndefined()
    expect(selectPlatform([descriptor, descriptor], wanted)).toBeUndefined()
    expect(platformList([on('linux', 'amd64'), on('windows', 'amd64'), descriptor])).toBe('linux/amd64, windows/amd64')
  })
})
