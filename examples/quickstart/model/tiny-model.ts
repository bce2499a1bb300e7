import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { buildahTool } from '../../images/buildah.ts'
import { contentHash } from '../../images/content-hash.ts'
import { runInside } from '../../images/run-inside.ts'
import { build } from '../../images/store.ts'
import { type BuiltImages, type ImageOptions, isPublished, localImage, pushAs } from '../images.ts'

/** Repository path and tag of the stand-in for Phi-3's weights. */
export const TINY_MODEL = { repository: 'models/tiny-phi3', tag: '0.1' }

/**
 * A model image (files under /model) with a random Phi-3 of 0.4 million parameters; made by the trainer image, so this
 * machine needs no Python packages. Returns the reference to pull by: `<registry>/models/tiny-phi3:0.1`.
 */
export async function ensureTinyModel(options: ImageOptions, images: BuiltImages): Promise<string> {
  const registry = options.repositoryPrefix.split('/')[0] ?? ''
  // A second tag says which sources the pushed model was made from.
  const made = `made-from-${contentHash({ root: import.meta.dirname, paths: SCRIPTS })}`
  const image = `${registry}/${TINY_MODEL.repository}:${TINY_MODEL.tag}`
  if (await isPublished(options, TINY_MODEL.repository, made)) return image
  options.progress('model tiny-phi3: making')
  const folder = tempFolder('model')
  mkdirSync(join(folder, 'model'))
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY model /model\n')
  await runInside(await localImage('trainer', images, options), {
    mounts: { '/scripts': import.meta.dirname, '/out': folder },
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    command: ['python3', '/scripts/make_tiny_phi3.py', '/out/model'],
  })
  const local = `localhost/kaito-ts/tiny-phi3:${TINY_MODEL.tag}`
  await build(buildahTool, { tag: local, dockerfile: join(folder, 'Dockerfile'), context: folder, args: {} })
  for (const tag of [TINY_MODEL.tag, made]) await pushAs(options, local, TINY_MODEL.repository, tag)
  options.progress(`model tiny-phi3: pushed as ${image}`)
  return image
}

const SCRIPTS = ['make_tiny_phi3.py', 'make_dataset.py', 'pairs.json']
