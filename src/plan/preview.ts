import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Catalog, findSku } from '#src/catalog/catalog.ts'
import { resolveModel } from '#src/catalog/resolve.ts'
import { nodeClaimName, tuningJobName } from '#src/desired/names.ts'
import { hourlyPrice } from '#src/estimate/price.ts'

/** What would happen, in a few lines for `--dry-run=server` and `npm run plan`: nodes, price, objects. */
export function planLines(
  workspace: Workspace,
  { settings, catalog }: { settings: Settings; catalog: Catalog },
): string[] {
  const { instanceType = '', count = 1 } = workspace.resource ?? {}
  const sku = findSku(catalog, settings.cloud, instanceType)
  const gpus = sku === undefined ? '' : ` (${sku.gpuCount} x ${sku.gpuModel}, ${sku.gpuMemoryGiB} GiB)`
  const price = sku === undefined ? undefined : hourlyPrice(sku, count)
  const how = settings.nodeProvisioner === 'byo' ? 'existing nodes are used' : 'nodes are provisioned'
  const name = workspace.tuning?.preset?.name ?? workspace.inference?.preset?.name
  const model = name === undefined ? undefined : resolveModel(catalog, name)
  return [
    `plan: ${count} x ${instanceType || 'any GPU node'}${gpus}; ${how}`,
    ...(price === undefined
      ? []
      : [
          `plan: about $${price.usdPerHour.toFixed(2)} an hour while the nodes run (${price.region}, list price of ${price.asOf})`,
        ]),
    ...(model?.kind === 'preset' ? [`plan: model ${model.preset.name}, weights ${model.preset.weightsGiB} GiB`] : []),
    `plan: creates ${objects(workspace, settings).join(', ')}`,
  ]
}

function objects(workspace: Workspace, settings: Settings): string[] {
  const { name } = workspace.metadata
  const claims =
    settings.nodeProvisioner === 'byo'
      ? []
      : Array.from(
          { length: workspace.resource?.count ?? 1 },
          (_, index) => `NodeClaim/${nodeClaimName(workspace, index)}`,
        )
  return workspace.tuning === undefined
    ? [...claims, `StatefulSet/${name}`, `Service/${name}`, `Service/${name}-headless`]
    : [...claims, `Job/${tuningJobName(workspace)}`]
}
