import { type Header, pack } from 'tar-stream'
import type { Registry as RegistryServer } from '#examples/cluster/registry.ts'
import { digestOf } from '#src/oci/digest.ts'
import { openRegistry } from '#src/oci/registry.ts'

export type SampleEntry = Partial<Header> & { readonly name: string; readonly content?: string }

/** A tar with exactly these entries, hostile ones included. */
export async function tarOf(entries: readonly SampleEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { content, ...header } of entries) archive.entry(header, content ?? '')
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export interface SampleLayer {
  readonly bytes: Buffer
  readonly mediaType?: string
}

/** Pushes layers as an image, as they are; returns its digest. */
export async function pushLayers(
  server: RegistryServer,
  repository: string,
  layers: readonly SampleLayer[],
): Promise<string> {
  const credentials = () => [{ kind: 'password' as const, username: server.user, password: server.password }]
  const registry = openRegistry(server.url, { insecureRegistries: [server.url], credentials })
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } }),
  )
  const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
  for (const bytes of [config, ...layers.map((layer) => layer.bytes)]) {
    await registry.putBlob(repository, { digest: digestOf(bytes), size: bytes.length, open: () => bytes })
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => descriptor(layer.mediaType ?? 'application/vnd.oci.image.layer.v1.tar', layer.bytes)),
  }
  const { digest } = await registry.putManifest(repository, '1', mediaType, Buffer.from(JSON.stringify(manifest)))
  await registry.close()
  return digest
}
