import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '#examples/cluster/command.ts'
import { withFolderLock } from '#examples/cluster/folder-lock.ts'
import { cacheRoot } from '#examples/cluster/paths.ts'
import { type Progress, withHeartbeat } from '#examples/cluster/progress.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { contentHash } from './content-hash.ts'
import { type DebianBase, debianBase } from './debian-base.ts'
import { type Destination, provePush, publishedDigest, referenceOf, repositoryOf } from './destination.ts'
import { buildOrder, type ImageName, type Kind, type RecipeName, recipesFor } from './recipes.ts'
import { build, caBundle, isLocal, push, removeOlder } from './store.ts'
import { type ImageTool, runTool } from './tool.ts'

/** With what, and for what, images are built. */
export interface Workshop {
  readonly tool: ImageTool
  readonly kind: Kind
  readonly progress: Progress
}

export interface Order extends Workshop {
  readonly names: readonly ImageName[]
  readonly to: Destination
}

export interface Published {
  /** The hash of what went into the image. */
  readonly tag: string
  readonly digest: string
}

const root = join(import.meta.dirname, '..', '..')

/**
 * Builds and pushes images. What the registry has is neither built nor pushed again, what the local store has is not built
 * again. Rejects before anything is built where the push is bound to be refused.
 */
export async function publish(order: Order): Promise<ReadonlyMap<ImageName, Published>> {
  const [first] = order.names
  if (first !== undefined) await provePush(order.to, repositoryOf(order.to, first))
  return inTurn(order.progress, () => publishAll(order))
}

/** Builds an image unless the local store has it, and gives its local name. */
export async function ensureLocal(workshop: Workshop, name: ImageName): Promise<string> {
  return inTurn(workshop.progress, async () =>
    buildOne(workshop, name, await debianBase(workshop.tool, workshop.progress)),
  )
}

/** Two builders would only get into each other's way. */
function inTurn<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  mkdirSync(cacheRoot(), { recursive: true })
  return withFolderLock(join(cacheRoot(), 'images.lock'), progress, work)
}

/** Tag of a recipe: the hash of its files, its arguments and everything it is built on. */
export function recipeTag(name: RecipeName, kind: Kind, debian: string): string {
  const { base, inputs, excluded, args } = recipesFor(kind)[name]
  const below = typeof base === 'object' ? base.image : base === 'debian' ? debian : recipeTag(base, kind, debian)
  return contentHash({ root, paths: inputs, excluded, extra: [below, ...Object.entries(args).flat()] })
}

/** An image in the local store. */
export const localName = (name: RecipeName, kind: Kind, tag: string): string =>
  `localhost/kaito-ts/${recipesFor(kind)[name].local}:${tag}`

async function publishAll(order: Order): Promise<ReadonlyMap<ImageName, Published>> {
  const { tool, kind, names, to, progress } = order
  const debian = await debianBase(tool, progress)
  const pushes = new Map<ImageName, Promise<Published>>()
  let failure: { readonly error: unknown } | undefined
  for (const name of buildOrder.filter((each) => names.includes(each))) {
    // Nobody waits for a large image that will not be pushed either.
    if (failure !== undefined) throw failure.error
    const tag = recipeTag(name, kind, debian.identity)
    const digest = await publishedDigest(to, repositoryOf(to, name), tag)
    if (digest !== undefined) {
      progress(`image ${name}: up to date`)
      pushes.set(name, Promise.resolve({ tag, digest }))
      continue
    }
    await buildOne(order, name, debian)
    // The next image is built while this one is pushed.
    const pushing = pushOne(order, name, tag)
    pushing.catch((error: unknown) => {
      failure ??= { error }
    })
    pushes.set(name, pushing)
  }
  return new Map(await Promise.all([...pushes].map(async ([name, pushing]) => [name, await pushing] as const)))
}

/** The registry that npm uses on this machine, without a trailing slash: Node and the modules come from there. */
async function npmRegistry(): Promise<string> {
  return (await mustRun(['npm', 'config', 'get', 'registry'])).trim().replace(/\/+$/, '')
}

async function buildOne(workshop: Workshop, name: RecipeName, debian: DebianBase): Promise<string> {
  const { tool, kind, progress } = workshop
  const recipe = recipesFor(kind)[name]
  const image = localName(name, kind, recipeTag(name, kind, debian.identity))
  if (await isLocal(tool, image)) return image
  const base = await baseOf(workshop, name, debian)
  const registry = name === 'operator' ? { NPM_REGISTRY: await npmRegistry() } : {}
  const start = Date.now()
  progress(`image ${name}: building`)
  if (tool.name === 'docker' && caBundle(process.env) !== undefined) {
    progress('  docker builds do not see the CA bundle of this machine; --tool buildah does')
  }
  await withHeartbeat(progress, `building ${name}`, () =>
    build(tool, {
      tag: image,
      dockerfile: join(root, recipe.dockerfile),
      context: join(root, recipe.context),
      contexts: Object.fromEntries(
        Object.entries(recipe.contexts ?? {}).map(([name, folder]) => [name, join(root, folder)]),
      ),
      args: { ...recipe.args, BASE: base, ...registry },
    }),
  )
  await removeOlder(tool, image)
  progress(`image ${name}: built in ${Math.round((Date.now() - start) / 1000)} s`)
  return image
}

/** What an image is built on, in the local store. */
async function baseOf(workshop: Workshop, name: RecipeName, debian: DebianBase): Promise<string> {
  const { base } = recipesFor(workshop.kind)[name]
  if (base === 'debian') return debian.image
  if (typeof base === 'string') return buildOne(workshop, base, debian)
  const { tool, progress } = workshop
  if (await isLocal(tool, base.image)) return base.image
  progress(`image ${name}: pulling ${base.image}`)
  await withHeartbeat(progress, `pulling ${base.image}`, () => runTool(tool, tool.pull(base.image)))
  return base.image
}

async function pushOne({ tool, kind, to, progress }: Order, name: ImageName, tag: string): Promise<Published> {
  const start = Date.now()
  const folder = tempFolder('push')
  const digest = await push(tool, {
    image: localName(name, kind, tag),
    destination: `${referenceOf(to, name)}:${tag}`,
    plainHttp: to.plainHttp,
    digestFile: join(folder, 'digest'),
    ...(to.login === undefined ? {} : { authFile: authFile(folder, to.host, to.login) }),
  })
  progress(`image ${name}: pushed in ${Math.round((Date.now() - start) / 1000)} s`)
  return { tag, digest }
}

/** In a file and not in argv, where every process list would show the password. */
export function authFile(folder: string, host: string, { user, password }: NonNullable<Destination['login']>): string {
  const file = join(folder, 'auth.json')
  const auth = Buffer.from(`${user}:${password}`).toString('base64')
  writeFileSync(file, JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 })
  return file
}
