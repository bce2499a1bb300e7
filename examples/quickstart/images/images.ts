import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from '#test/cluster/command.ts'
import { withFolderLock } from '#test/cluster/folder-lock.ts'
import { ensureDebianPackages } from '#test/cluster/packages.ts'
import { cacheRoot } from '#test/cluster/paths.ts'
import { type Progress, withHeartbeat } from '#test/cluster/progress.ts'
import { build, isLocal, pull, push, removeOlder } from './buildah.ts'
import { contentHash } from './content-hash.ts'
import { type DebianBase, debianBase } from './debian-base.ts'
import { buildOrder, type ImageName, type RecipeName, recipes } from './recipes.ts'
import { hasManifest, type PushTarget } from './registry-manifest.ts'

export interface ImageOptions {
  /** Where to push, as this machine reaches it: `http://127.0.0.1:5000`. */
  readonly registryPushUrl: string
  readonly user: string
  readonly password: string
  /** How a node pulls: `registry.kaito.local:5000/kaito`; images are named `<prefix>/operator:<hash>`. */
  readonly repositoryPrefix: string
  readonly progress: Progress
  /** Called as each image becomes pullable, in build order: small ones first. */
  readonly onImage?: (name: ImageName, image: string) => void
}

/** References to pull by, each tagged with the hash of what went into the image. */
export type Images = Readonly<Record<ImageName, string>>

const root = join(import.meta.dirname, '..', '..', '..')

/** Builds and pushes the quickstart's images; what the registry has already is neither built nor pushed again. */
export async function ensureImages(options: ImageOptions): Promise<Images> {
  await ensureDebianPackages(['buildah'], options.progress)
  mkdirSync(cacheRoot(), { recursive: true })
  return withFolderLock(join(cacheRoot(), 'images.lock'), options.progress, () => buildAll(options))
}

/** The local name of an image, present in the local store after this call even when the build had been skipped. */
export async function localImage(name: ImageName, images: Images, options: ImageOptions): Promise<string> {
  const tag = images[name].slice(images[name].lastIndexOf(':') + 1)
  const image = localName(name, tag)
  if (!(await isLocal(image))) await pull(image, pushTarget(options), repositoryOf(options, name), tag)
  return image
}

export const pushTarget = (options: ImageOptions): PushTarget => ({
  url: options.registryPushUrl,
  user: options.user,
  password: options.password,
})

/** Path of an image in the registry: the prefix without its host. */
export function repositoryOf(options: Pick<ImageOptions, 'repositoryPrefix'>, name: string): string {
  const slash = options.repositoryPrefix.indexOf('/')
  return slash === -1 ? name : `${options.repositoryPrefix.slice(slash + 1)}/${name}`
}

/** Tag of a recipe: the hash of its files, its arguments and everything it is built on. */
export function recipeTag(name: RecipeName, debian: string): string {
  const recipe = recipes[name]
  const base = recipe.base === 'debian' ? debian : recipeTag(recipe.base, debian)
  return contentHash({
    root,
    paths: recipe.inputs,
    excluded: recipe.excluded,
    extra: [base, ...Object.entries(recipe.args).flat()],
  })
}

async function buildAll(options: ImageOptions): Promise<Images> {
  const debian = await debianBase(options.progress)
  const pushes: Promise<void>[] = []
  const images: Record<ImageName, string> = { operator: '', redis: '', trainer: '', server: '' }
  for (const name of buildOrder) {
    const tag = recipeTag(name, debian.identity)
    const image = `${options.repositoryPrefix}/${name}:${tag}`
    images[name] = image
    if (await hasManifest(pushTarget(options), repositoryOf(options, name), tag)) {
      options.progress(`image ${name}: up to date`)
      options.onImage?.(name, image)
      continue
    }
    await buildOne(name, debian, options.progress)
    // The next image is built while this one is pushed; a failed push still ends the whole, below.
    pushes.push(pushOne(name, tag, image, options))
    pushes.at(-1)?.catch(() => {})
  }
  await Promise.all(pushes)
  return images
}

/** The registry that npm uses on this machine, without a trailing slash: Node and the modules come from there. */
async function npmRegistry(): Promise<string> {
  return (await mustRun(['npm', 'config', 'get', 'registry'])).trim().replace(/\/+$/, '')
}

async function buildOne(name: RecipeName, debian: DebianBase, progress: Progress): Promise<string> {
  const recipe = recipes[name]
  const image = localName(name, recipeTag(name, debian.identity))
  if (await isLocal(image)) return image
  const base = recipe.base === 'debian' ? debian.image : await buildOne(recipe.base, debian, progress)
  const registry = name === 'operator' ? { NPM_REGISTRY: await npmRegistry() } : {}
  const start = Date.now()
  progress(`image ${name}: building`)
  await withHeartbeat(progress, `building ${name}`, () =>
    build({
      tag: image,
      dockerfile: join(root, recipe.dockerfile),
      context: join(root, recipe.context),
      ...(recipe.target === undefined ? {} : { target: recipe.target }),
      args: { ...recipe.args, BASE: base, ...registry },
    }),
  )
  await removeOlder(image)
  progress(`image ${name}: built in ${Math.round((Date.now() - start) / 1000)} s`)
  return image
}

async function pushOne(name: ImageName, tag: string, image: string, options: ImageOptions): Promise<void> {
  const start = Date.now()
  await push(localName(name, tag), pushTarget(options), repositoryOf(options, name), tag)
  options.progress(`image ${name}: pushed in ${Math.round((Date.now() - start) / 1000)} s`)
  options.onImage?.(name, image)
}

const localName = (name: RecipeName, tag: string): string => `localhost/kaito-ts/${name}:${tag}`
