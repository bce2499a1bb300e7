import { createHash } from 'node:crypto'
import { pack } from 'tar-stream'

export interface SingleFileImage {
  /** Full reference with its tag. */
  readonly name: string
  /** A statically linked program; the image holds it as /program and nothing else. */
  readonly program: Buffer
  readonly args?: readonly string[]
}

/** An OCI archive (tar) of an image with one static program, for `ctr images import` or `skopeo copy oci-archive:…`. */
export async function singleFileImage(image: SingleFileImage): Promise<Buffer> {
  const blobs = new Map<string, Buffer>()
  const put = (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex')
    blobs.set(`blobs/sha256/${hex}`, content)
    return { mediaType, digest: `sha256:${hex}`, size: content.length }
  }
  const json = (value: object) => Buffer.from(JSON.stringify(value))
  const layer = put('application/vnd.oci.image.layer.v1.tar', await tar([['program', image.program, 0o755]]))
  const config = put(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: ['/program'], Cmd: image.args ?? [], User: '65535:65535' },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = put(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }))
  const annotations = { 'io.containerd.image.name': image.name }
  return tar([
    ['oci-layout', json({ imageLayoutVersion: '1.0.0' }), 0o644],
    ['index.json', json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }), 0o644],
    ...[...blobs].map(([name, content]): [string, Buffer, number] => [name, content, 0o644]),
  ])
}

async function tar(files: readonly (readonly [name: string, content: Buffer, mode: number])[]): Promise<Buffer> {
  const archive = pack()
  for (const [name, content, mode] of files) archive.entry({ name, mode, mtime: new Date(0) }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
