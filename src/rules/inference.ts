import { forbidden, required } from '#src/lib/field-error.ts'
import { rule } from './rule.ts'

export const inferenceRules = [
  rule({
    id: 'inference.one-model',
    about: 'What is served is a preset or your own pod template: exactly one of the two.',
    level: 'error',
    check: ({ inference }) => {
      if (!inference || Boolean(inference.preset) !== Boolean(inference.template)) return []
      return inference.preset
        ? [
            forbidden('inference.template', undefined, 'preset and template are both set', {
              fix: 'remove one of them',
            }),
          ]
        : [
            required('inference.preset', 'neither preset nor template is set', {
              fix: 'name a model, for example inference.preset.name: phi-3-mini-4k-instruct',
            }),
          ]
    },
  }),

  rule({
    id: 'inference.template-containers',
    about: 'A pod template has at least one container.',
    level: 'error',
    check: ({ inference }) => {
      if (!inference?.template) return []
      const spec = inference.template['spec']
      const containers = typeof spec === 'object' && spec !== null && 'containers' in spec ? spec.containers : undefined
      if (Array.isArray(containers) && containers.length > 0) return []
      return [
        required('inference.template.spec.containers', 'the template runs nothing', {
          fix: 'add a container with your server, or use inference.preset',
        }),
      ]
    },
  }),

  rule({
    id: 'inference.template-extras',
    about: 'config and adapters configure the server of a preset; beside a template nobody would read them.',
    level: 'error',
    check: ({ inference }) => {
      if (!inference?.template || inference.preset) return []
      const detail = 'it has no effect beside inference.template'
      return [
        ...(inference.config
          ? [forbidden('inference.config', inference.config, detail, { fix: 'configure the server in the template' })]
          : []),
        ...(inference.adapters?.length
          ? [forbidden('inference.adapters', undefined, detail, { fix: 'use inference.preset to serve adapters' })]
          : []),
      ]
    },
  }),
]
