import { builtInCatalog } from '#src/catalog/built-in.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { markedPage } from './marked-page.ts'

/** docs/catalog.md with every name that a Workspace may write; the text around the lists is written by hand. */
export function catalogPage(): { readonly path: string; readonly content: string } {
  const presets = builtInCatalog.presets.filter(({ retired }) => retired === undefined)
  const skus = builtInCatalog.skus.filter(({ retired }) => retired === undefined)
  return markedPage('docs/catalog.md', 'src/catalog', [
    '| model | weights, GiB | context | tuned | token needed |',
    '|---|---|---|---|---|',
    ...presets.map(presetRow),
    '',
    '| instance type | cloud | GPUs | GiB each | $/h |',
    '|---|---|---|---|---|',
    ...skus.map(skuRow),
  ])
}

const yes = (is: boolean) => (is ? 'yes' : '')

const presetRow = ({ name, weightsGiB, contextLength, tuning, gated }: Preset) =>
  `| \`${name}\` | ${weightsGiB.toFixed(1)} | ${contextLength} | ${yes(tuning !== undefined)} | ${yes(gated === true)} |`

function skuRow({ name, cloud, gpuModel, gpuCount, gpuMemoryGiB, price, notLaunched }: GpuSku): string {
  const each = Math.round((10 * gpuMemoryGiB) / gpuCount) / 10
  const note = notLaunched === undefined ? '' : ' (only on nodes that you bring)'
  return `| \`${name}\`${note} | ${cloud} | ${gpuCount} x ${gpuModel} | ${each} | ${price?.usdPerHour.toFixed(2) ?? ''} |`
}
