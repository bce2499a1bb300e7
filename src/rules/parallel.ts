import type { Workspace } from '#src/api/workspace.ts'
import { resolveModel } from '#src/catalog/resolve.ts'
import { asksForSplit, attentionOf, splitOver } from '#src/estimate/parallel.ts'
import { forbidden, foreign, invalid } from '#src/lib/field-error.ts'
import { readInferenceConfig } from '#src/reading/config-files.ts'
import type { Facts } from '#src/reading/facts.ts'
import { skuOf } from '#src/reading/sku.ts'
import { rule } from './rule.ts'

const PATH = 'resource.instanceType'

export const parallelRules = [
  rule({
    id: 'inference.parallel',
    about:
      "A split that inference.config asks for uses no more GPUs than the instance type has, and the model's heads come out even: vLLM would refuse to start.",
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const divided = splitOf(workspace, facts)
      if (divided === undefined || divided.ok) return []
      const { flag, value, detail, fix } = divided.reason
      return [foreign(invalid(`inference.config[inference_config.yaml].vllm.${flag}`, value, detail, { fix }))]
    },
  }),

  rule({
    id: 'inference.idle-gpus',
    about: 'GPUs that are paid for and not used are named, with the reason.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const divided = splitOf(workspace, facts)
      const sku = skuOf(workspace, facts)
      if (!sku || !divided?.ok || divided.split.gpus >= sku.gpuCount) return []
      const { gpus } = divided.split
      const preset = presetOf(workspace, facts)
      const heads = preset && attentionOf(preset)
      const config = readInferenceConfig(workspace, facts)
      const isAsked = config?.ok === true && asksForSplit(config.config)
      const why = isAsked
        ? 'inference.config asks for no more'
        : heads
          ? `${heads.heads} heads and ${heads.kvHeads} key/value heads do not come out even over more`
          : 'the number of its attention heads is not known'
      const fix =
        isAsked || heads ? `choose an instance type with ${gpus}` : 'set tensor-parallel-size in inference.config'
      return [invalid(PATH, sku.name, `${gpus} of ${sku.gpuCount} GPUs are used: ${why}`, { fix })]
    },
  }),

  rule({
    id: 'inference.capability',
    about: 'A model is served on GPUs that have what its number format needs.',
    level: 'error',
    check: (workspace, facts) => {
      const needs = presetOf(workspace, facts)?.needs
      const sku = skuOf(workspace, facts)
      if (!needs || sku?.computeCapability === undefined || sku.computeCapability >= needs.computeCapability) return []
      const detail = `its ${sku.gpuModel} (compute capability ${sku.computeCapability.toFixed(1)}) cannot serve ${workspace.inference?.preset?.name}: ${needs.because}`
      const fix = `choose a type with compute capability ${needs.computeCapability.toFixed(1)} or more (A10, A100, L4, H100), or leave the field out`
      return [forbidden(PATH, sku.name, detail, { fix })]
    },
  }),
]

function presetOf({ inference }: Workspace, { catalog }: Facts) {
  const model = inference?.preset && resolveModel(catalog, inference.preset.name)
  return model?.kind === 'preset' ? model.preset : undefined
}

/** Undefined where nothing is served, or the file cannot be read (which another rule says). */
function splitOf(workspace: Workspace, facts: Facts) {
  const name = workspace.inference?.preset?.name
  if (name === undefined) return undefined
  const parsed = readInferenceConfig(workspace, facts)
  if (parsed?.ok === false) return undefined
  const preset = presetOf(workspace, facts)
  if (preset === undefined && resolveModel(facts.catalog, name).kind !== 'hub') return undefined
  return splitOver(preset, skuOf(workspace, facts)?.gpuCount, parsed?.config ?? {})
}
