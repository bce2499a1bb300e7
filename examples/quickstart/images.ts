import { join } from 'node:path'
import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import type { Progress } from '#examples/cluster/progress.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { defined } from '#src/lib/defined.ts'
import { buildah, buildahTool } from '../images/buildah.ts'
import { type Destination, publishedDigest, referenceOf, repositoryOf } from '../images/destination.ts'
import { authFile, localName, publish } from '../images/images.ts'
import { buildOrder, type ImageName } from '../images/recipes.ts'
import { isLocal, push } from '../images/store.ts'
import { runTool } from '../images/tool.ts'

export interface ImageOptions {
  /** Where to push, as this machine reaches it: `http://127.0.0.1:5000`. */
  readonly registryPushUrl: string
  readonly user: string
  readonly password: string
  /** How a node pulls: `registry.kaito.local:5000/kaito`; images are named `<prefix>/operator:<hash>`. */
  readonly repositoryPrefix: string
  readonly progress: Progress
}

/** References to pull by, each tagged with the hash of what went into the image. */
export type BuiltImages = Readonly<Record<ImageName, string>>

const KIND = 'cpu'

/** Builds and pushes the quickstart's images; what the registry has already is neither built nor pushed again. */
export async function ensureImages(options: ImageOptions): Promise<BuiltImages> {
  const { progress, repositoryPrefix } = options
  await ensureDebianPackages(['buildah'], progress)
  const published = await publish({
    tool: buildahTool,
    kind: KIND,
    names: buildOrder,
    to: destinationOf(options),
    progress,
  })
  const reference = (name: ImageName) => `${repositoryPrefix}/${name}:${published.get(name)?.tag}`
  return {
    operator: reference('operator'),
    redis: reference('redis'),
    trainer: reference('trainer'),
    server: reference('server'),
  }
}

/** Where the images of this quickstart go: the path below the registry is the prefix without its host. */
export function destinationOf(options: Omit<ImageOptions, 'progress'>, path = pathOf(options)): Destination {
  const { registryPushUrl, user, password } = options
  const { host, protocol } = new URL(registryPushUrl)
  const login = user === '' ? undefined : { user, password }
  return {
    host,
    path,
    plainHttp: protocol === 'http:',
    auths:
      login === undefined ? [] : [{ key: host, credential: { kind: 'password', username: user, password: password } }],
    ...defined({ login }),
    hasHiddenLogin: login === undefined,
    isBehindProxy: false,
  }
}

function pathOf({ repositoryPrefix }: Pick<ImageOptions, 'repositoryPrefix'>): string {
  const slash = repositoryPrefix.indexOf('/')
  return slash === -1 ? '' : repositoryPrefix.slice(slash + 1)
}

/** Does the registry have this tag? */
export async function isPublished(options: ImageOptions, repository: string, tag: string): Promise<boolean> {
  return (await publishedDigest(destinationOf(options), repository, tag)) !== undefined
}

/** Pushes an image of the local store under a name of its own. */
export async function pushAs(options: ImageOptions, image: string, repository: string, tag: string): Promise<void> {
  const to = destinationOf(options, '')
  const folder = tempFolder('push')
  await push(buildahTool, {
    image,
    destination: `${referenceOf(to, repository)}:${tag}`,
    plainHttp: to.plainHttp,
    digestFile: join(folder, 'digest'),
    ...(to.login === undefined ? {} : { authFile: authFile(folder, to.host, to.login) }),
  })
}

/** The local name of an image, present in the local store after this call even when the build had been skipped. */
export async function localImage(name: ImageName, images: BuiltImages, options: ImageOptions): Promise<string> {
  const tag = images[name].slice(images[name].lastIndexOf(':') + 1)
  const image = localName(name, KIND, tag)
  if (await isLocal(buildahTool, image)) return image
  const to = destinationOf(options)
  const from = `docker://${to.host}/${repositoryOf(to, name)}:${tag}`
  const folder = tempFolder('pull')
  const login = to.login === undefined ? [] : ['--authfile', authFile(folder, to.host, to.login)]
  const verify = to.plainHttp ? ['--tls-verify=false'] : []
  const id = await runTool(buildahTool, buildah('pull', '--quiet', ...verify, ...login, from))
  await runTool(buildahTool, buildah('tag', id.trim(), image))
  return image
}
