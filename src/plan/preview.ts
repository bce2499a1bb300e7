import type { Workspace } from '#src/api/workspace.ts'
import { findSku } from '#src/catalog/catalog.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { hourlyPrice } from '#src/estimate/price.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { Facts } from '#src/reading/facts.ts'
import { needOn } from '#src/reading/memory-need.ts'

/** What would happen, in a few lines for `--dry-run=server` and `npm run plan`: nodes, price, memory, objects. */
export function planLines(workspace: Workspace, facts: Facts): string[] {
  const { instanceType = '', count = 1 } = workspace.resource ?? {}
  const sku = findSku(facts.catalog, facts.policy.cloud, instanceType)
  const gpus = sku === undefined ? '' : ` (${sku.gpuCount} x ${sku.gpuModel}, ${sku.gpuMemoryGiB} GiB)`
  const { how } = provisionerOf(facts.policy)
  return [
    `plan: ${count} x ${instanceType || 'any GPU node'}${gpus}; ${how}`,
    ...(sku === undefined ? [] : [...priceLine(sku, count), ...memoryLine(workspace, facts, sku)]),
    ...servingLine(workspace, facts, sku),
    ...(workspace.tuning === undefined ? [] : [`plan: trains on ${trainingGpus(sku)}${amount(workspace, facts, sku)}`]),
    `plan: creates ${objects(workspace, facts).join(', ')}`,
  ]
}

function priceLine(sku: GpuSku, count: number): string[] {
  const price = hourlyPrice(sku, count)
  if (price === undefined) return []
  const { usdPerHour, region, asOf } = price
  return [`plan: about $${usdPerHour.toFixed(2)} an hour while the nodes run (${region}, list price of ${asOf})`]
}

/** How a replica uses the GPUs of its node, where it has several. */
function servingLine(workspace: Workspace, facts: Facts, sku: GpuSku | undefined): string[] {
  const need = sku && workspace.inference?.preset && needOn(workspace, facts, sku)
  if (need?.kind !== 'inference' || sku === undefined || sku.gpuCount === 1) return []
  const { gpus, tensor, pipeline, data } = need.split
  const shares = [
    [tensor, 'GPUs share each layer'],
    [pipeline, 'groups share out the layers'],
    [data, 'copies share out the requests'],
  ] as const
  const how = shares.flatMap(([count, what]) => (count > 1 ? [`${count} ${what}`] : []))
  return [`plan: serves on ${gpus} of ${sku.gpuCount} GPUs${how.length === 0 ? '' : `: ${how.join(', ')}`}`]
}

/** Of nodes that exist only they themselves say how many GPUs they have, and they are not looked at before a run. */
const trainingGpus = (sku: GpuSku | undefined) =>
  sku?.gpuCount === 1 ? '1 GPU' : `all ${sku === undefined ? 'GPUs of the node' : `${sku.gpuCount} GPUs`}`

/** How much is trained, and how many rows a step is: how many steps that makes is known when the rows are counted. */
function amount(workspace: Workspace, facts: Facts, sku: GpuSku | undefined): string {
  const need = sku && needOn(workspace, facts, sku)
  if (need?.kind !== 'tuning' || sku === undefined) return ''
  const {
    max_steps: steps,
    num_train_epochs: epochs,
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: times,
  } = need.config.TrainingArguments
  const much = typeof steps === 'number' && steps > 0 ? `${steps} steps` : `${epochs} epochs in steps`
  const rows = Number(batch) * Number(times) * sku.gpuCount
  return `; ${much} of ${rows} rows, ${batch} at a time on a GPU`
}

function memoryLine(workspace: Workspace, facts: Facts, sku: GpuSku): string[] {
  const need = needOn(workspace, facts, sku)
  if (need === undefined) return []
  const isShort = need.kind === 'inference' && need.tokens < need.estimate.contextLength
  const context = isShort ? `; ${need.tokens} tokens of context fit` : ''
  return [`plan: memory of each GPU: ${breakdownText(need.estimate.parts)} of ${need.haveGiB.toFixed(1)} GiB${context}`]
}

/** Kinds and names, as far as they are known before the object has a uid. */
function objects({ metadata: { name }, resource, tuning }: Workspace, { policy }: Facts): string[] {
  const count = resource?.count ?? 1
  const claims = provisionerOf(policy).needs.map(({ kind }) => `${count} ${kind}${count === 1 ? '' : 's'}`)
  const check = policy.tuningPrecheck === 'never' ? [] : [`Job/${name}-precheck-*`]
  return tuning === undefined
    ? [...claims, `StatefulSet/${name}`, `Service/${name}`, `Service/${name}-headless`]
    : [...check, ...claims, `Job/${name}-tuning-*`]
}
