import type { Workspace } from '#src/api/workspace.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { DEFAULT_LORA_RANK } from '#src/estimate/inference.ts'
import { type Complaint, foreign, invalid, notSupported } from '#src/lib/field-error.ts'
import { readTrainingConfig } from '#src/reading/config-files.ts'
import type { Facts } from '#src/reading/facts.ts'
import { rule } from './rule.ts'

const PATH = 'tuning.config[training_config.yaml].LoraConfig'

export const loraRules = [
  rule({
    id: 'training-config.target-modules',
    about:
      'LoraConfig.target_modules names linear modules that the model has: names that it lacks are left out without a word when others match, and stop the run when none does.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const section = loraOf(workspace, facts)
      const known = findPreset(facts.catalog, workspace.tuning?.preset?.name ?? '')?.tuning?.targetModules
      const targets = section?.['target_modules']
      if (!known || known.includes(ALL)) return []
      const fix = `write some of [${known.join(', ')}], or leave it out for all of them`
      if (typeof targets === 'string') return textFault(targets, fix)
      const names = Array.isArray(targets) ? targets.filter((each) => typeof each === 'string') : []
      const missing = names.filter((name) => !known.includes(lastPart(name)))
      if (missing.length === 0) return []
      const model = workspace.tuning?.preset?.name
      const head = missing.includes('lm_head') ? '; the trainer takes no lm_head' : ''
      const places = missing.slice(0, 7).map((name) => names.indexOf(name) + 1)
      const which =
        missing.length === names.length ? 'of these names' : `of the names at ${places.join(', ')} in the list`
      const detail = `${model} has no linear module ${which} to train${head}`
      return [foreign(notSupported(`${PATH}.target_modules`, names.slice(0, 10).join(', '), detail, { fix }))]
    },
  }),

  rule({
    id: 'training-config.trains-something',
    about:
      'LoraConfig.exclude_modules and layers_to_transform leave modules to train: where they leave none, the trainer stops.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const section = loraOf(workspace, facts)
      const preset = findPreset(facts.catalog, workspace.tuning?.preset?.name ?? '')
      const layers = preset?.architecture?.layers
      const beyond = [section?.['layers_to_transform']]
        .flat()
        .filter((layer) => typeof layer === 'number' && layers !== undefined && layer >= layers)
      const detail = `${preset?.name} has the layers 0 to ${(layers ?? 0) - 1}`
      const fix = 'leave it out to train all layers'
      return [
        ...(beyond.length === 0 ? [] : [foreign(invalid(`${PATH}.layers_to_transform`, beyond[0], detail, { fix }))]),
        ...excludedFault(section, preset?.tuning?.targetModules ?? []),
      ]
    },
  }),

  rule({
    id: 'training-config.rank',
    about: 'A server makes room for rank 64 unless it is told more: adapters of a larger rank need max-lora-rank.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const rank = loraOf(workspace, facts)?.['r']
      if (typeof rank !== 'number' || rank <= DEFAULT_LORA_RANK) return []
      const detail = `servers make room for rank ${DEFAULT_LORA_RANK} unless they are told more`
      const fix = `serve the adapter with vllm.max-lora-rank in inference.config, as much or the next size above it`
      return [foreign(invalid(`${PATH}.r`, rank, detail, { fix }))]
    },
  }),
]

const ALL = 'all-linear'

type Section = ReturnType<typeof loraOf>

function loraOf(workspace: Workspace, facts: Facts) {
  const parsed = readTrainingConfig(workspace, facts)
  return parsed?.ok ? parsed.config.LoraConfig : undefined
}

function excludedFault(section: Section, known: readonly string[]): Complaint[] {
  const excluded = section?.['exclude_modules']
  const targets = section?.['target_modules'] ?? []
  if (!Array.isArray(excluded) || !Array.isArray(targets) || known.includes(ALL)) return []
  // An empty list means those of the preset, as none does.
  const names: readonly unknown[] = targets.length === 0 ? known : targets
  if (names.length === 0 || !names.every((name) => excluded.includes(name))) return []
  const detail = 'every module that would be trained is excluded'
  const first = excluded.slice(0, 10).join(', ')
  return [foreign(invalid(`${PATH}.exclude_modules`, first, detail, { fix: 'leave some out of it' }))]
}

/** peft compares a text with whole paths (`model.layers.0.self_attn.q_proj`), so a bare name matches nothing. */
function textFault(text: string, fix: string): Complaint[] {
  if (text === ALL || !/^\w+$/.test(text)) return []
  const detail = 'a text is a regular expression of whole paths, and no path is just one name'
  return [foreign(invalid(`${PATH}.target_modules`, text, detail, { fix }))]
}

const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1)
