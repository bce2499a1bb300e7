import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { mustRun } from '../command.ts'
import type { Layout } from './layout.ts'
import { PAUSE_IMAGE } from './settings.ts'

/** Makes the sandbox image from the pause program, without any download, and gives it to containerd; pinned against clean-up. */
export async function ensurePauseImage(layout: Layout, ctr: string, pause: string): Promise<void> {
  const client = [ctr, `--address=${layout.containerdSocket}`, '--namespace=k8s.io', 'images']
  if ((await mustRun([...client, 'ls', '-q'])).split('\n').includes(PAUSE_IMAGE)) return
  const archive = join(layout.dir, 'pause.tar')
  writeFileSync(archive, await ociArchive(readFileSync(pause)))
  await mustRun([...client, 'import', archive])
  await mustRun([...client, 'label', PAUSE_IMAGE, 'io.cri-containerd.pinned=pinned'])
  rmSync(archive)
}

async function ociArchive(program: Buffer): Promise<Buffer> {
  const blobs = new Map<string, Buffer>()
  const put = (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex')
    blobs.set(`blobs/sha256/${hex}`, content)
    return { mediaType, digest: `sha256:${hex}`, size: content.length }
  }
  const json = (value: object) => Buffer.from(JSON.stringify(value))
  const layer = put('application/vnd.oci.image.layer.v1.tar', await tar([['pause', program, 0o755]]))
  const config = put(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: ['/pause'], User: '65535:65535' },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = put(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }))
  const annotations = { 'io.containerd.image.name': PAUSE_IMAGE }
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
