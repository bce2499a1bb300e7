import { dataSourceSchema } from './data.ts'
import { LIMIT } from './limits.ts'
import { presetSchema } from './preset.ts'
import { listOf, object, open, optional, type Static, text } from './schema-kit.ts'

export const adapterSchema = object({
  source: optional(dataSourceSchema),
  strength: optional(
    text({
      maxLength: LIMIT.strength,
      description: 'How strongly the adapter changes the base model, 0 to 1 as a string. Default "1.0".',
    }),
  ),
})

export const inferenceSchema = object(
  {
    preset: optional(presetSchema),
    template: optional(
      open({
        description:
          'A pod template to run instead of a preset. Requests go to its port named http, else to 5000 or, where no container has that, to the first port.',
      }),
    ),
    config: optional(
      text({ maxLength: LIMIT.name, description: 'ConfigMap (same namespace) with the key inference_config.yaml.' }),
    ),
    adapters: optional(
      listOf(adapterSchema, {
        maxItems: LIMIT.adapters,
        description: 'LoRA adapters, each served under its source.name.',
      }),
    ),
  },
  { description: 'Serve a model. Exactly one of preset, template.' },
)

export type InferenceSpec = Static<typeof inferenceSchema>
export type AdapterSpec = Static<typeof adapterSchema>
