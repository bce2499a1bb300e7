import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#src/oci/digest.ts'
import { type BuiltImage, buildAdapterImage } from '#src/oci/image.ts'
import { readLimited } from '#src/oci/limited-body.ts'
import { tarStream } from '#src/oci/tarball.ts'
import { ADAPTER_CONFIG, adapterFiles, safetensors } from './adapter-sample.ts'

async function bytesOf(image: BuiltImage, index: number): Promise<Buffer> {
  const content = image.blobs[index]?.open()
  if (content === undefined) throw new Error(`no blob ${index}`)
  return Buffer.isBuffer(content) ? content : readLimited(content, 10_000_000)
}

async function entriesOf(tar: Buffer) {
  const archive = extract()
  archive.end(tar)
  const entries = []
  for await (const entry of archive) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    const { name, type, mode, uid, gid, mtime } = entry.header
    entries.push({ name, type, mode, uid, gid, time: mtime.getTime(), content: Buffer.concat(chunks) })
  }
  return entries
}

describe('the adapter image', () => {
  test('is the same however the weights are cut and the annotations are ordered', async () => {
    const one = await buildAdapterImage(adapterFiles(1), { b: '2', a: '1' })
    const two = await buildAdapterImage(adapterFiles(7), { a: '1', b: '2' })
    expect(two.digest).toBe(one.digest)
    expect(two.manifest).toEqual(one.manifest)
    expect(one.digest).toBe(digestOf(one.manifest))
  })

  test('another annotation or another weight gives another digest', async () => {
    const plain = await buildAdapterImage(adapterFiles())
    const annotated = await buildAdapterImage(adapterFiles(), { a: '1' })
    const other = adapterFiles()
    const changed = await buildAdapterImage({ ...other, config: Buffer.from('{}') })
    expect(new Set([plain.digest, annotated.digest, changed.digest]).size).toBe(3)
  })

  test('has complete descriptors: every blob has the size and digest that the manifest says', async () => {
    const image = await buildAdapterImage(adapterFiles(), { 'sh.kaito.model.name': 'phi' })
    const manifest = JSON.parse(image.manifest.toString())
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      artifactType: 'application/vnd.kaito.adapter.v1',
      annotations: { 'sh.kaito.model.name': 'phi' },
    })
    const descriptors = [manifest.config, ...manifest.layers]
    for (const [i, { digest, size }] of descriptors.entries()) {
      const bytes = await bytesOf(image, i)
      expect({ digest, size }).toEqual({ digest: digestOf(bytes), size: bytes.length })
    }
    expect(image.size).toBe(descriptors.reduce((sum, { size }) => sum + size, image.manifest.length))
  })

  test('its config names platform, layers and history, the diff ids being those of the unpacked layers', async () => {
    const image = await buildAdapterImage(adapterFiles())
    const config = JSON.parse((await bytesOf(image, 0)).toString())
    const unpacked = [gunzipSync(await bytesOf(image, 1)), await bytesOf(image, 2)]
    expect(config).toMatchObject({ os: 'linux', architecture: 'amd64', created: '1970-01-01T00:00:00Z' })
    expect(config.rootfs).toEqual({ type: 'layers', diff_ids: unpacked.map((tar) => digestOf(tar)) })
    expect(config.history).toHaveLength(2)
  })

  test('holds the two files below data, readable by everyone, without time or owner', async () => {
    const image = await buildAdapterImage(adapterFiles())
    const folder = { name: 'data/', type: 'directory', mode: 0o755, uid: 0, gid: 0, time: 0, content: Buffer.alloc(0) }
    const file = { type: 'file', mode: 0o644, uid: 0, gid: 0, time: 0 }
    expect(await entriesOf(gunzipSync(await bytesOf(image, 1)))).toEqual([
      folder,
      { ...file, name: 'data/adapter_config.json', content: Buffer.from(JSON.stringify(ADAPTER_CONFIG, null, 2)) },
    ])
    expect(await entriesOf(await bytesOf(image, 2))).toEqual([
      folder,
      { ...file, name: 'data/adapter_model.safetensors', content: safetensors() },
    ])
  })

  test('weights that change while they are read are an error, not a damaged image', async () => {
    const files = adapterFiles()
    await expect(buildAdapterImage({ ...files, weights: { ...files.weights, size: 10_000 } })).rejects.toThrow(/size/i)
    await expect(buildAdapterImage({ ...files, weights: { ...files.weights, size: 10 } })).rejects.toThrow(/size/i)
  })

  test('a source that fails fails the tar with its own error', async () => {
    const open = async function* () {
      yield Buffer.from('x')
      throw new Error('disk gone')
    }
    const stream = tarStream([{ path: 'f', kind: 'file', size: 5, open }])
    await expect(readLimited(stream, 10_000)).rejects.toThrow('disk gone')
  })
})
