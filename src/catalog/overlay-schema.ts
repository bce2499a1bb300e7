import { bool, int, listOf, number, object, oneOf, optional, type Static, text } from '#src/api/schema-kit.ts'

/** Refuses unknown keys: a misspelt one must be an error at start, not a setting that silently does nothing. */
const closed = <S extends object>(schema: S): S => ({ ...schema, additionalProperties: false })

const MODEL_NAME = '^[A-Za-z0-9][A-Za-z0-9._/-]*$'
const SKU_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]*$'

const architectureSchema = closed(
  object({
    params: int({ minimum: 1 }),
    layers: int({ minimum: 1 }),
    hidden: int({ minimum: 1 }),
    intermediate: int({ minimum: 1 }),
    heads: int({ minimum: 1 }),
    kvHeads: int({ minimum: 1 }),
    headDim: int({ minimum: 1 }),
    vocab: int({ minimum: 1 }),
    tiedEmbeddings: bool(),
  }),
)

const weightsSchema = closed(
  object(
    {
      hub: optional(text({ minLength: 3, maxLength: 96, description: 'Hugging Face id.' })),
      revision: optional(text({ pattern: '^[A-Za-z0-9._-]{1,128}$' })),
      image: optional(text({ minLength: 1, maxLength: 1024, description: 'OCI image with the files under /model.' })),
      imagePullSecrets: optional(listOf(text({ minLength: 1, maxLength: 253 }), { maxItems: 10 })),
    },
    { description: 'Exactly one of hub and image.' },
  ),
)

const presetOverlaySchema = closed(
  object({
    name: text({ minLength: 1, maxLength: 96, pattern: MODEL_NAME }),
    aliases: optional(listOf(text({ minLength: 1, maxLength: 96, pattern: MODEL_NAME }), { maxItems: 20 })),
    family: optional(text({ minLength: 1, maxLength: 63 })),
    weights: optional(weightsSchema),
    weightsGiB: optional(number({ description: 'Default: counted from the architecture, 16 bits a parameter.' })),
    contextLength: optional(int({ minimum: 1 })),
    kvBytesPerToken: optional(number({ description: 'Default: counted from the architecture, 16 bits.' })),
    architecture: optional(architectureSchema),
    attention: optional(closed(object({ heads: int({ minimum: 1 }), kvHeads: int({ minimum: 1 }) }))),
    needs: optional(closed(object({ computeCapability: number(), because: text({ minLength: 1, maxLength: 256 }) }))),
    quantization: optional(text({ minLength: 1, maxLength: 63 })),
    gated: optional(bool()),
    tuning: optional(
      closed(object({ targetModules: listOf(text({ minLength: 1, maxLength: 128 }), { maxItems: 50 }) })),
    ),
    engineArgs: optional(listOf(text({ maxLength: 1024 }), { maxItems: 50 })),
    retired: optional(
      closed(object({ reason: text({ minLength: 1, maxLength: 1024 }), use: optional(text({ maxLength: 96 })) })),
    ),
  }),
)

const skuOverlaySchema = closed(
  object({
    name: text({ minLength: 1, maxLength: 96, pattern: SKU_NAME }),
    cloud: oneOf(['azure', 'aws', 'arc']),
    gpuModel: optional(text({ minLength: 1, maxLength: 63 })),
    vendor: optional(oneOf(['nvidia', 'amd', 'aws'])),
    gpuCount: optional(int({ minimum: 1, maximum: 64 })),
    gpuMemoryGiB: optional(number({ description: 'Of all GPUs together.' })),
    computeCapability: optional(number()),
    localNvme: optional(bool()),
    price: optional(
      closed(
        object({
          usdPerHour: number(),
          region: text({ maxLength: 63 }),
          asOf: text({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
          source: optional(text({ maxLength: 256 })),
        }),
      ),
    ),
    retired: optional(
      closed(
        object({
          since: text({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
          use: text({ maxLength: 96 }),
          reason: text({ maxLength: 1024 }),
        }),
      ),
    ),
  }),
)

/** What an administrator may add to the catalog or change in it: `catalog` in the settings. See docs/catalog.md. */
export const catalogOverlaySchema = closed(
  object({
    presets: optional(listOf(presetOverlaySchema, { maxItems: 500 })),
    skus: optional(listOf(skuOverlaySchema, { maxItems: 500 })),
  }),
)

export type CatalogOverlay = Static<typeof catalogOverlaySchema>
export type PresetOverlay = Static<typeof presetOverlaySchema>
export type SkuOverlay = Static<typeof skuOverlaySchema>
