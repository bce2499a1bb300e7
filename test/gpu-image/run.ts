import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheRoot } from '#examples/cluster/paths.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { loadavg, machineLines } from '../bench/measure/machine.ts'
import { DEFAULT_SETTINGS } from '../support/default-settings.ts'
import { capabilities } from './capabilities.ts'
import { faultsOf, type ImageFacts } from './facts.ts'
import { cudaTrainer, inImage } from './image.ts'
import { gpuPage } from './report.ts'

/** `npm run check:gpu-image`: builds the trainer for CUDA, asks it and the engine's wheel, and writes docs/gpu.md. */
const ROOT = join(import.meta.dirname, '..', '..')
const progress = toStderr()
const before = loadavg()
const image = await cudaTrainer(progress)
const wheels = join(cacheRoot(), 'wheels')
const wheel = await engineWheel(wheels)
const asked = { capabilities: capabilities.all, servers: [`/wheels/${wheel}`] }
progress('asking the image')
const script = join(import.meta.dirname, 'judge.py')
const printed = await inImage(image, { '/judge.py': script, '/wheels': wheels }, [
  'python3',
  '/judge.py',
  JSON.stringify(asked),
])
const facts: ImageFacts = JSON.parse(printed.slice(printed.indexOf('{"versions"')))
const faults = faultsOf(facts, capabilities.offered)
writeFileSync(join(ROOT, 'docs', 'gpu.md'), gpuPage({ facts, machine: machineLines(before), ...capabilities }))
for (const fault of faults) console.error(`fault  ${fault}`)
console.log(
  faults.length === 0
    ? 'ok     the GPU images have all that a run needs; see docs/gpu.md'
    : `${faults.length} fault${faults.length === 1 ? '' : 's'}`,
)
process.exit(faults.length === 0 ? 0 : 1)

/** The engine's wheel of the release that the chart names, fetched once with the image's own pip. */
async function engineWheel(folder: string): Promise<string> {
  const [, version] = /:v(\d+\.\d+\.\d+)$/.exec(DEFAULT_SETTINGS.images.server) ?? []
  if (version === undefined)
    throw new Error(`settings.images.server names no release: ${DEFAULT_SETTINGS.images.server}`)
  mkdirSync(folder, { recursive: true })
  const isWanted = (name: string) => name.startsWith(`vllm-${version}-`) && name.endsWith('.whl')
  if (!readdirSync(folder).some(isWanted)) {
    progress(`fetching vllm ${version}`)
    const platform = ['--platform', 'manylinux_2_28_x86_64', '--python-version', '3.12', '--only-binary', ':all:']
    const pip = ['pip', 'download', '-q', '--no-deps', ...platform, '-d', '/wheels', `vllm==${version}`]
    await inImage(image, { '/wheels': folder }, pip)
  }
  const found = readdirSync(folder).find(isWanted)
  if (found === undefined) throw new Error(`no wheel of vllm ${version} in ${folder}`)
  return found
}
