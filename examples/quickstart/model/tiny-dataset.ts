import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runInside } from '../images/buildah.ts'
import { contentHash } from '../images/content-hash.ts'
import { type ImageOptions, type Images, localImage } from '../images/images.ts'

/** The file's name, in the manner of data sets on the Hub. */
export const DATASET_FILE = 'train-00000-of-00001-9e0a81e1e8b4ed6d.parquet'

/**
 * 240 short conversations about Kubernetes as parquet, in the shape of philschmid/dolly-15k-oai-style.
 * Made once below `folder`; returns the path of the file.
 */
export async function ensureDataset(options: ImageOptions, images: Images, folder: string): Promise<string> {
  const made = join(folder, contentHash({ root: import.meta.dirname, paths: ['make_dataset.py', 'pairs.json'] }))
  const file = join(made, DATASET_FILE)
  if (existsSync(file)) return file
  mkdirSync(made, { recursive: true })
  await runInside(await localImage('trainer', images, options), { '/scripts': import.meta.dirname, '/out': made }, [
    ...['env', 'PYTHONDONTWRITEBYTECODE=1', 'python3', '/scripts/make_dataset.py', '/out'],
  ])
  options.progress(`data set: ${file}`)
  return file
}
