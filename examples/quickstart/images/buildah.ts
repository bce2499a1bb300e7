import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runCommand } from '#test/cluster/command.ts'
import { cacheRoot } from '#test/cluster/paths.ts'
import { tempFolder } from '#test/cluster/temp-folder.ts'
import type { PushTarget } from './registry-manifest.ts'

/** Neither user namespaces nor a network of its own: works as root inside a container or a plain virtual machine. */
const PLAIN = ['--isolation', 'chroot', '--network', 'host']
const CA_INSIDE = '/run/host-ca.crt'
const CA_VARIABLES = ['PIP_CERT', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE']

/** Images live in a store of their own: nothing else on this machine removes them, and deleting the cache folder does. */
export function buildah(...args: readonly string[]): string[] {
  const store = join(cacheRoot(), 'images')
  return ['buildah', '--root', join(store, 'root'), '--runroot', join(store, 'run'), ...args]
}

export interface Build {
  readonly tag: string
  readonly dockerfile: string
  readonly context: string
  readonly target?: string
  readonly args: Readonly<Record<string, string>>
}

/** The bundle of certificate authorities this machine's tools are told to trust; undefined where none is set. */
export function caBundle(env: NodeJS.ProcessEnv, exists: (path: string) => boolean = existsSync): string | undefined {
  return CA_VARIABLES.map((name) => env[name]).find((path) => path !== undefined && path !== '' && exists(path))
}

/** argv of one image build; with a CA bundle, pip and npm inside the build trust it too. */
export function buildArgv(build: Build, ca: string | undefined): string[] {
  const args = { ...build.args, ...(ca === undefined ? {} : { PIP_CERT: CA_INSIDE, NODE_EXTRA_CA_CERTS: CA_INSIDE }) }
  return [
    ...buildah('bud', ...PLAIN, '--layers', '--pull-never'),
    ...(ca === undefined ? [] : ['-v', `${ca}:${CA_INSIDE}:ro`]),
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...['-t', build.tag, '-f', build.dockerfile, build.context],
  ]
}

/** Level 1 of zstd: gigabytes of layers in seconds, and what containerd unpacks fastest. */
export function pushArgv(image: string, destination: string, authFile: string): string[] {
  return [
    ...buildah('push', '--quiet', '--format', 'oci', '--compression-format', 'zstd', '--compression-level', '1'),
    ...['--tls-verify=false', '--authfile', authFile, image, `docker://${destination}`],
  ]
}

export async function build(spec: Build): Promise<void> {
  await mustRun(buildArgv(spec, caBundle(process.env)), { env: buildahEnv() })
}

export async function push(image: string, target: PushTarget, repository: string, tag: string): Promise<void> {
  const host = new URL(target.url).host
  await mustRun(pushArgv(image, `${host}/${repository}:${tag}`, authFile(target, host)), { env: buildahEnv() })
}

export async function isLocal(image: string): Promise<boolean> {
  return (await runCommand(buildah('inspect', '--type', 'image', image), { env: buildahEnv() })).code === 0
}

export async function pull(image: string, target: PushTarget, repository: string, tag: string): Promise<void> {
  const host = new URL(target.url).host
  const from = `docker://${host}/${repository}:${tag}`
  const argv = buildah('pull', '--quiet', '--tls-verify=false', '--authfile', authFile(target, host), from)
  const id = (await mustRun(argv, { env: buildahEnv() })).trim()
  await mustRun(buildah('tag', id, image), { env: buildahEnv() })
}

/** Removes the images of older sources, so that the disk does not fill up build by build. */
export async function removeOlder(image: string): Promise<void> {
  const [repository = ''] = image.split(/:(?=[^/:]+$)/)
  const listed = await runCommand(buildah('images', '--format', '{{.Name}}:{{.Tag}}'), { env: buildahEnv() })
  const older = listed.stdout.split('\n').filter((line) => line.startsWith(`${repository}:`) && line !== image)
  for (const name of older) await runCommand(buildah('rmi', name), { env: buildahEnv() })
}

/** Runs a command inside an image, with folders of this machine mounted as {inside: outside}. */
export async function runInside(
  image: string,
  mounts: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<string> {
  const container = (await mustRun(buildah('from', '--pull-never', image), { env: buildahEnv() })).trim()
  try {
    const volumes = Object.entries(mounts).flatMap(([inside, outside]) => ['-v', `${outside}:${inside}`])
    const argv = buildah('run', '--isolation', 'chroot', '--user', '0', ...volumes, container, '--', ...command)
    return await mustRun(argv, { env: buildahEnv() })
  } finally {
    await runCommand(buildah('rm', container), { env: buildahEnv() })
  }
}

/** buildah keeps its cache mounts (wheels, npm packages) below TMPDIR. */
export function buildahEnv(): NodeJS.ProcessEnv {
  const folder = join(cacheRoot(), 'tmp')
  mkdirSync(folder, { recursive: true })
  return { ...process.env, TMPDIR: folder }
}

/** In a file and not in argv, where every process list would show the password. */
function authFile(target: PushTarget, host: string): string {
  const file = join(tempFolder('push'), 'auth.json')
  const auth = Buffer.from(`${target.user}:${target.password}`).toString('base64')
  writeFileSync(file, JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 })
  return file
}
