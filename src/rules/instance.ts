import type { Workspace } from '#src/api/workspace.ts'
import { type Catalog, findSku } from '#src/catalog/catalog.ts'
import type { Cloud, GpuSku } from '#src/catalog/gpu.ts'
import { notSupported, required } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { perObject } from '#src/lib/per-object.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { Facts } from '#src/reading/facts.ts'
import { skuOf } from '#src/reading/sku.ts'
import { needsNoGpu } from '#src/reading/template.ts'
import { rule } from './rule.ts'

const PATH = 'resource.instanceType'

export const instanceRules = [
  rule({
    id: 'instance.required',
    about: 'Where nodes are provisioned, the instance type is named; the defaulting webhook chooses one when it can.',
    level: 'error',
    check: (workspace, { policy, catalog }) =>
      provisionerOf(policy).buys === undefined || !workspace.resource || workspace.resource.instanceType
        ? []
        : [
            needsNoGpu(workspace)
              ? required(
                  PATH,
                  'no instance type is named, and none with a GPU is chosen: the template asks for no GPU',
                  {
                    fix: "name a type that has room for the template's containers, with a GPU or without",
                  },
                )
              : required(PATH, 'no instance type is named, and none could be chosen', {
                  fix: `write for example ${example(catalog.skus, policy.cloud)}`,
                }),
          ],
  }),

  rule({
    id: 'instance.known',
    about:
      "The instance type is one of the cloud's types with a GPU that the catalog lists; case does not matter. A template that asks for no GPU may have a type without one.",
    level: 'error',
    check: (workspace, { policy, catalog }) => {
      const name = workspace.resource?.instanceType
      // Nodes that exist already may be of any type; where none has this one, the Workspace says so while it waits.
      if (!name || provisionerOf(policy).buys === undefined || findSku(catalog, policy.cloud, name)) return []
      const elsewhere = otherCloud(name, policy.cloud, catalog.skus)
      if (elsewhere) {
        return [
          notSupported(PATH, name, `this is a type of ${elsewhere}, and the operator runs on ${policy.cloud}`, {
            fix: `choose a type of ${policy.cloud}, for example ${example(catalog.skus, policy.cloud)}`,
          }),
        ]
      }
      if (looksLikeCpuOnly(name, policy.cloud)) {
        if (needsNoGpu(workspace)) return []
        return [
          notSupported(PATH, name, 'this instance type has no GPU', {
            fix: `choose one with a GPU, for example ${example(catalog.skus, policy.cloud)}, or leave the field out`,
          }),
        ]
      }
      return [
        notSupported(PATH, name, `the catalog has no GPU instance type of ${policy.cloud} with this name`, {
          fix: didYouMean(
            name,
            namesByCloud(catalog).get(policy.cloud) ?? [],
            'see docs/catalog.md for the list, or leave the field out to have one chosen',
          ),
        }),
      ]
    },
  }),

  rule({
    id: 'instance.launched',
    about:
      'Where nodes are provisioned, the instance type is one that Karpenter launches: for another it waits for ever.',
    level: 'error',
    check: (workspace, facts) => {
      const sku = skuOf(workspace, facts)
      if (provisionerOf(facts.policy).buys === undefined || sku?.notLaunched === undefined) return []
      const { use, reason } = sku.notLaunched
      return [notSupported(PATH, sku.name, `Karpenter launches no node of this type: ${reason}`, { fix: `use ${use}` })]
    },
  }),

  rule({
    id: 'instance.retired',
    about: 'Retired instance types are still admitted, because nodes may exist; new ones cannot be had.',
    level: 'warning',
    check: (workspace, facts) => {
      const sku = skuOf(workspace, facts)
      if (!sku?.retired) return []
      const { since, use, reason } = sku.retired
      return [
        notSupported(PATH, sku.name, `retired since ${since}: ${reason}`, {
          fix: `use ${use}; new ${sku.name} nodes cannot be had`,
        }),
      ]
    },
  }),

  rule({
    id: 'instance.vendor',
    about:
      "A preset's pods ask for nvidia.com/gpu, so a provisioned node with other accelerators would be paid for and never used.",
    level: 'error',
    check: (workspace, facts) => {
      const sku = foreign(workspace, facts)
      return sku === undefined || !runsPresetOn(workspace, facts)
        ? []
        : [
            notSupported(PATH, sku.name, `its ${sku.gpuModel} is not an NVIDIA GPU, which every preset needs`, {
              fix: `use for example ${example(facts.catalog.skus, facts.policy.cloud)}`,
            }),
          ]
    },
  }),

  rule({
    id: 'instance.vendor-image',
    about:
      'A template on accelerators of another vendor needs an image for them; so does a preset on nodes that exist.',
    level: 'warning',
    check: (workspace, facts) => {
      const sku = foreign(workspace, facts)
      return sku === undefined || runsPresetOn(workspace, facts)
        ? []
        : [
            notSupported(PATH, sku.name, `its ${sku.gpuModel} is not an NVIDIA GPU, which the default images need`, {
              fix: `use images for ${sku.vendor}, or use ${example(facts.catalog.skus, facts.policy.cloud)}`,
            }),
          ]
    },
  }),
]

/** The type that is named, where its accelerators are not NVIDIA's. */
function foreign(workspace: Workspace, facts: Facts): GpuSku | undefined {
  const sku = skuOf(workspace, facts)
  return sku?.vendor === 'nvidia' ? undefined : sku
}

const runsPresetOn = ({ inference }: Workspace, { policy }: Facts): boolean =>
  provisionerOf(policy).buys !== undefined && inference?.template === undefined

const namesByCloud = perObject(({ skus }: Catalog) => {
  const names = Map.groupBy(skus, ({ cloud }) => cloud)
  return new Map([...names].map(([cloud, those]) => [cloud, those.map(({ name }) => name)]))
})

/** A type worth naming in a message: the first that is still sold, NVIDIA first. */
function example(skus: readonly GpuSku[], cloud: Cloud): string {
  const sold = skus.filter((sku) => sku.cloud === cloud && !sku.retired)
  const a100 = sold.find((sku) => sku.name === 'Standard_NC24ads_A100_v4')
  return (a100 ?? sold.find((sku) => sku.vendor === 'nvidia') ?? sold[0])?.name ?? 'one with a GPU'
}

function otherCloud(name: string, cloud: Cloud, skus: readonly GpuSku[]): Cloud | undefined {
  const wanted = name.toLowerCase()
  return skus.find((sku) => sku.cloud !== cloud && sku.name.toLowerCase() === wanted)?.cloud
}

/** Azure's families A to M have no GPU (N has); of AWS, only families that begin with g, p, inf or trn have accelerators. */
function looksLikeCpuOnly(name: string, cloud: Cloud): boolean {
  if (cloud === 'aws') return /^(a|c|d|h|i|m|r|t|x|z)[0-9][a-z0-9-]*\.[a-z0-9-]+$/i.test(name)
  return /^(standard|basic)_[a-m][a-z]{0,3}[0-9]/i.test(name)
}
