import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheRoot } from '#test/cluster/paths.ts'
import { toStderr } from '#test/cluster/progress.ts'
import { ensureDataset } from '../model/tiny-dataset.ts'
import { ensureTinyModel } from '../model/tiny-model.ts'
import { ensureImages } from './images.ts'

/** `node examples/quickstart/images/main.ts --registry http://127.0.0.1:5000 [--prefix HOST/PATH]`; login from REGISTRY_USER and REGISTRY_PASSWORD. */
const { values } = parseArgs({ options: { registry: { type: 'string' }, prefix: { type: 'string' } } })
if (values.registry === undefined) {
  process.stderr.write('usage: main.ts --registry http://127.0.0.1:5000 [--prefix registry.example:5000/kaito]\n')
  process.exit(64)
}
const options = {
  registryPushUrl: values.registry,
  user: process.env['REGISTRY_USER'] ?? '',
  password: process.env['REGISTRY_PASSWORD'] ?? '',
  repositoryPrefix: values.prefix ?? `${new URL(values.registry).host}/kaito`,
  progress: toStderr(),
}
const images = await ensureImages(options)
const model = await ensureTinyModel(options, images)
const dataset = await ensureDataset(options, images, join(cacheRoot(), 'dataset'))
process.stdout.write(`${JSON.stringify({ ...images, model, dataset }, null, 2)}\n`)
