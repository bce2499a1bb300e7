import { LIMIT } from './limits.ts'
import { listOf, object, oneOf, optional, type Static, text } from './schema-kit.ts'

export const presetSchema = object(
  {
    name: text({
      maxLength: LIMIT.model,
      description: 'A preset of the catalog, or a Hugging Face id such as Qwen/Qwen3-8B.',
    }),
    accessMode: optional(
      oneOf(['public', 'private'], {
        default: 'public',
        description: 'private: the model image is named in presetOptions.image.',
      }),
    ),
    presetOptions: optional(
      object(
        {
          image: optional(
            text({ maxLength: LIMIT.image, description: 'OCI image that holds the weights under /model.' }),
          ),
          imagePullSecrets: optional(
            listOf(text({ maxLength: LIMIT.name }), {
              maxItems: LIMIT.pullSecrets,
              description: 'Secrets (same namespace) to pull that image with.',
            }),
          ),
          modelAccessSecret: optional(
            text({
              maxLength: LIMIT.name,
              description: 'Secret (same namespace) with the key HF_TOKEN, for gated models.',
            }),
          ),
        },
        { description: 'How the weights are reached, where the preset does not say it.' },
      ),
    ),
  },
  { description: 'Which model, and how its weights are reached.' },
)

export type PresetSpec = Static<typeof presetSchema>
