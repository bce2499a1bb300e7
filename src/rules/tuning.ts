import { findPreset } from '#src/catalog/catalog.ts'
import { invalid, notSupported, required } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { METHOD_NAMES } from '#src/tuning/methods/index.ts'
import { rule } from './rule.ts'

export const tuningRules = [
  rule({
    id: 'tuning.preset-required',
    about: 'Tuning names the model that it starts from.',
    level: 'error',
    check: ({ tuning }) =>
      !tuning || tuning.preset
        ? []
        : [
            required('tuning.preset', 'no model is named', {
              fix: 'write for example tuning.preset.name: phi-3-mini-4k-instruct',
            }),
          ],
  }),

  rule({
    id: 'tuning.preset-tunable',
    about: 'Only models whose layers the trainer knows can be tuned; the catalog says which.',
    level: 'error',
    check: ({ tuning }, { catalog }) => {
      const preset = tuning?.preset ? findPreset(catalog, tuning.preset.name) : undefined
      if (!preset || preset.tuning || preset.retired) return []
      const tunable = catalog.presets.filter((entry) => entry.tuning && !entry.retired)
      const relatives = tunable.filter((entry) => entry.family === preset.family)
      const names = (relatives.length > 0 ? relatives : tunable).map((entry) => entry.name)
      return [
        notSupported('tuning.preset.name', preset.name, 'this model can be served, but not tuned', {
          fix: names.length === 0 ? 'the catalog has no model that can be tuned' : `use ${someOf(names)}`,
        }),
      ]
    },
  }),

  rule({
    id: 'tuning.method',
    about: 'The method is lora or qlora, in any case.',
    level: 'error',
    check: ({ tuning }) => {
      const method = tuning?.method
      if (method === undefined || METHOD_NAMES.includes(method.toLowerCase())) return []
      return [
        notSupported('tuning.method', method, `the methods are ${METHOD_NAMES.join(' and ')}`, {
          fix: didYouMean(method, METHOD_NAMES, 'write qlora: it needs the least GPU memory'),
        }),
      ]
    },
  }),

  rule({
    id: 'tuning.count',
    about: 'One tuning run uses one node.',
    level: 'error',
    check: ({ tuning, resource }) =>
      tuning && resource?.count !== undefined && resource.count > 1
        ? [
            invalid('resource.count', resource.count, 'one tuning run uses one node', {
              fix: 'write 1, and choose an instance type with more GPUs if one is not enough',
            }),
          ]
        : [],
  }),
]

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} or another of ${names.length}` : shown
}
