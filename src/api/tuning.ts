import { dataDestinationSchema, dataSourceSchema } from './data.ts'
import { LIMIT } from './limits.ts'
import { presetSchema } from './preset.ts'
import { object, optional, type Static, text } from './schema-kit.ts'

export const tuningSchema = object(
  {
    preset: optional(presetSchema),
    method: optional(text({ maxLength: LIMIT.method, description: 'lora or qlora (any case). Default lora.' })),
    config: optional(
      text({ maxLength: LIMIT.name, description: 'ConfigMap (same namespace) with the key training_config.yaml.' }),
    ),
    input: dataSourceSchema,
    output: dataDestinationSchema,
  },
  { description: 'Tune a model into a LoRA adapter.' },
)

export type TuningSpec = Static<typeof tuningSchema>
