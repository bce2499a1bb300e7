import type { Workspace } from '#src/api/workspace.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { type ParsedInferenceConfig, parseInferenceConfig } from '#src/inference/inference-config.ts'
import { defined } from '#src/lib/defined.ts'
import { findMethod } from '#src/tuning/methods/index.ts'
import { type ParsedTrainingConfig, parseTrainingConfig } from '#src/tuning/training-config.ts'
import type { Facts } from './facts.ts'

/** The parsed training_config.yaml of a Workspace; undefined where there is none to read or its method is unknown. */
export function readTrainingConfig({ tuning }: Workspace, facts: Facts): ParsedTrainingConfig | undefined {
  const data = dataOf(tuning?.config, facts)
  const method = findMethod(tuning?.method)
  const text = data?.['training_config.yaml']
  if (!data || !method || text === undefined) return undefined
  return trainingConfigs.of(data, method.name, () => parseTrainingConfig(text, method))
}

/** The parsed inference_config.yaml of a Workspace; undefined where there is none to read. */
export function readInferenceConfig({ inference }: Workspace, facts: Facts): ParsedInferenceConfig | undefined {
  const data = dataOf(inference?.config, facts)
  const text = data?.['inference_config.yaml']
  if (!data || text === undefined) return undefined
  const preset = inference?.preset ? findPreset(facts.catalog, inference.preset.name) : undefined
  const limit = preset?.contextLength
  const { engineFlags } = facts.policy
  return inferenceConfigs.of(data, JSON.stringify([limit, engineFlags]), () =>
    parseInferenceConfig(text, { engineFlags, ...defined({ contextLength: limit }) }),
  )
}

type Data = Readonly<Record<string, string>>

function dataOf(name: string | undefined, { configMaps }: Facts): Data | undefined {
  const lookup = name ? configMaps.get(name) : undefined
  return lookup?.state === 'found' ? lookup.value : undefined
}

/**
 * Results by the data object they were read from. The cache of ConfigMaps hands out one object per resourceVersion, so a
 * file is parsed once however many reviews name it; when the object goes, so does its entry.
 */
function parsedOnce<T>() {
  const results = new WeakMap<Data, Map<string, T>>()
  return {
    of(data: Data, variant: string, parse: () => T): T {
      const known = results.get(data) ?? new Map<string, T>()
      results.set(data, known)
      const before = known.get(variant)
      if (before !== undefined) return before
      const result = parse()
      known.set(variant, result)
      return result
    },
  }
}

const trainingConfigs = parsedOnce<ParsedTrainingConfig>()
const inferenceConfigs = parsedOnce<ParsedInferenceConfig>()
