import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { contentHash } from '../../images/content-hash.ts'
import { runInside } from '../../images/run-inside.ts'
import { type BuiltImages, type ImageOptions, localImage } from '../images.ts'

/** The file's name, in the manner of data sets on the Hub. */
export const DATASET_FILE = 'train-00000-of-00001-9e0a81e1e8b4ed6d.parquet'

/**
 * 240 short conversations about Kubernetes as parquet, in the shape of philschmid/dolly-15k-oai-style.
 * Made once below `folder`; returns the path of the file.
 */
export async function ensureDataset(options: ImageOptions, images: BuiltImages, folder: string): Promise<string> {
  const made = join(folder, contentHash({ root: import.meta.dirname, paths: ['make_dataset.py', 'pairs.json'] }))
  const file = join(made, DATASET_FILE)
  if (existsSync(file)) return file
  mkdirSync(made, { recursive: true })
  await runInside(await localImage('trainer', images, options), {
    mounts: { '/scripts': import.meta.dirname, '/out': made },
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    command: ['python3', '/scripts/make_dataset.py', '/out'],
  })
  options.progress(`data set: ${file}`)
  return file
}
