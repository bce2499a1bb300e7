import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheRoot } from '#examples/cluster/paths.ts'
import type { ImageTool } from './tool.ts'

/** Neither user namespaces nor a network of its own: works as root inside a container or a plain virtual machine. */
const PLAIN = ['--isolation', 'chroot', '--network', 'host']
const CA_INSIDE = '/run/host-ca.crt'

/** Images live in a store of their own: nothing else on this machine removes them, and deleting the cache folder does. */
export function buildah(...args: readonly string[]): string[] {
  const store = join(cacheRoot(), 'images')
  return ['buildah', '--root', join(store, 'root'), '--runroot', join(store, 'run'), ...args]
}

export const buildahTool: ImageTool = {
  name: 'buildah',
  get store() {
    return join(cacheRoot(), 'images')
  },
  probe: () => ['buildah', '--version'],
  /** With a CA bundle, pip and npm inside the build trust it too. */
  build(build, ca) {
    const args = { ...build.args, ...(ca === undefined ? {} : { PIP_CERT: CA_INSIDE, NODE_EXTRA_CA_CERTS: CA_INSIDE }) }
    return [
      ...buildah('bud', ...PLAIN, '--layers', '--pull-never'),
      ...(ca === undefined ? [] : ['-v', `${ca}:${CA_INSIDE}:ro`]),
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...Object.entries(build.contexts ?? {}).flatMap(([name, folder]) => ['--build-context', `${name}=${folder}`]),
      ...['-t', build.tag, '-f', build.dockerfile, build.context],
    ]
  },
  pull: (image) => buildah('pull', '--quiet', image),
  inspect: (image) => buildah('inspect', '--type', 'image', image),
  list: () => buildah('images', '--format', '{{.Name}}:{{.Tag}}'),
  remove: (image) => buildah('rmi', image),
  importTar(tar, image) {
    const container = `kaito-ts-import-${process.pid}`
    return [
      buildah('from', '--name', container, 'scratch'),
      buildah('add', '--quiet', container, tar, '/'),
      buildah('commit', '--quiet', '--rm', container, image),
    ]
  },
  /** Level 1 of zstd: gigabytes of layers in seconds, and what containerd unpacks fastest. */
  push({ image, destination, plainHttp, digestFile, authFile }) {
    return [
      [
        ...buildah('push', '--quiet', '--format', 'oci', '--compression-format', 'zstd', '--compression-level', '1'),
        ...['--digestfile', digestFile],
        ...(plainHttp ? ['--tls-verify=false'] : []),
        ...(authFile === undefined ? [] : ['--authfile', authFile]),
        ...[image, `docker://${destination}`],
      ],
    ]
  },
  pushedDigest: ({ digestFile }) => /^sha256:[0-9a-f]{64}$/m.exec(readFileSync(digestFile, 'utf8'))?.[0],
  /** buildah keeps its cache mounts (wheels, npm packages) below TMPDIR. */
  env() {
    const folder = join(cacheRoot(), 'tmp')
    mkdirSync(folder, { recursive: true })
    return { TMPDIR: folder }
  },
}
