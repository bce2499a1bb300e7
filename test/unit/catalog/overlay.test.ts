import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset, findSku } from '#src/catalog/catalog.ts'
import { applyOverlay, type CatalogOverlay, catalogOverlaySchema } from '#src/catalog/overlay.ts'

const valid = new Ajv({ allErrors: true }).compile<CatalogOverlay>(catalogOverlaySchema)
const image = 'registry.example:5000/models/tiny-phi3:0.1'
const tiny = {
  params: 1_000_000,
  layers: 2,
  hidden: 64,
  intermediate: 128,
  heads: 4,
  kvHeads: 4,
  headDim: 16,
  vocab: 512,
  tiedEmbeddings: false,
}

/** Applies an overlay as an administrator writes it: anything, checked by the schema first. */
function laid(overlay: unknown) {
  if (!valid(overlay)) throw new Error(JSON.stringify(valid.errors))
  return applyOverlay(builtInCatalog, overlay)
}

describe('the overlay schema', () => {
  it.each([
    [{ preset: [] }],
    [{ presets: [{ name: 'phi-4', weigths: {} }] }],
    [{ presets: [{ name: 'phi-4', weights: { image, path: '/x' } }] }],
    [{ presets: [{ name: '../x' }] }],
    [{ presets: [{ name: 'phi-4', architecture: { layers: 2 } }] }],
    [{ presets: [{ name: 'phi-4', contextLength: '4096' }] }],
    [{ skus: [{ name: 'x' }] }],
    [{ skus: [{ name: 'x', cloud: 'gcp' }] }],
  ])('refuses %j', (overlay) => {
    expect(valid(overlay)).toBe(false)
  })
})

describe('applyOverlay', () => {
  it('changes nothing when it is empty', () => {
    expect(laid({})).toEqual({ catalog: builtInCatalog, problems: [] })
  })

  it('replaces the weights of a built-in preset and keeps the rest, also by alias', () => {
    for (const name of ['phi-3-mini-128k-instruct', 'microsoft/Phi-3-mini-128k-instruct']) {
      const { catalog, problems } = laid({ presets: [{ name, weights: { image, imagePullSecrets: ['pull'] } }] })
      expect(problems).toEqual([])
      const before = findPreset(builtInCatalog, name)
      expect(findPreset(catalog, name)).toEqual({ ...before, weights: { image, imagePullSecrets: ['pull'] } })
      expect(catalog.presets).toHaveLength(builtInCatalog.presets.length)
    }
  })

  it('counts the sizes anew when the shape is another', () => {
    const { catalog } = laid({ presets: [{ name: 'phi-4', architecture: tiny }] })
    expect(findPreset(catalog, 'phi-4')).toMatchObject({ weightsGiB: 2e6 / 2 ** 30, kvBytesPerToken: 2 * 2 * 64 * 2 })
  })

  it('needs no hub token for weights from an image, and serves a retired name whose weights it is given', () => {
    const { catalog } = laid({
      presets: [
        { name: 'llama-3.1-8b-instruct', weights: { image } },
        { name: 'falcon-7b', weights: { hub: 'mirror/falcon-7b' } },
      ],
    })
    expect(findPreset(catalog, 'llama-3.1-8b-instruct')).not.toHaveProperty('gated')
    expect(findPreset(catalog, 'falcon-7b')).not.toHaveProperty('retired')
  })

  it('adds a new preset from its architecture, and one from its sizes', () => {
    const { catalog, problems } = laid({
      presets: [
        {
          name: 'house-model',
          weights: { image },
          contextLength: 4096,
          architecture: tiny,
          tuning: { targetModules: ['q_proj'] },
        },
        {
          name: 'other',
          weights: { hub: 'a/b' },
          contextLength: 1,
          weightsGiB: 1,
          kvBytesPerToken: 1,
          engineArgs: ['--x'],
        },
      ],
    })
    expect(problems).toEqual([])
    expect(findPreset(catalog, 'house-model')).toMatchObject({ family: 'custom', kvBytesPerToken: 512 })
    expect(findPreset(catalog, 'OTHER')).toMatchObject({ engineArgs: ['--x'] })
  })

  it('tells what is wrong with one entry and still takes the others', () => {
    const { catalog, problems } = laid({
      presets: [
        { name: 'a', contextLength: 1 },
        { name: 'b', weights: { hub: 'x/y' } },
        { name: 'c', weights: { hub: 'x/y' }, contextLength: 1 },
        { name: 'd', weights: { hub: 'x/y', image } },
        { name: 'e', weights: { hub: 'not-an-id' } },
        { name: 'f', weights: { image: 'UPPER CASE' } },
        { name: 'g', aliases: ['phi-4'], weights: { image }, contextLength: 1, weightsGiB: 1, kvBytesPerToken: 1 },
        { name: 'gpt-oss-20b', tuning: { targetModules: ['q_proj'] } },
        { name: 'phi-4', contextLength: 8192 },
      ],
      skus: [{ name: 'x', cloud: 'aws' }],
    })
    expect(problems).toEqual([
      expect.stringMatching(/^catalog preset a: .*weights/),
      expect.stringMatching(/^catalog preset b: .*contextLength/),
      expect.stringMatching(/^catalog preset c: .*architecture/),
      expect.stringMatching(/^catalog preset d: .*exactly one/),
      expect.stringMatching(/^catalog preset e: .*organisation\/model/),
      expect.stringMatching(/^catalog preset f: weights.image/),
      expect.stringMatching(/^catalog preset g: .*phi-4/),
      expect.stringMatching(/^catalog preset gpt-oss-20b: .*architecture/),
      expect.stringMatching(/^catalog instance type x: /),
    ])
    expect(findPreset(catalog, 'phi-4')?.contextLength).toBe(8192)
    expect(catalog.presets).toHaveLength(builtInCatalog.presets.length)
  })

  it('adds an instance type, and changes only the price of a known one', () => {
    const price = { usdPerHour: 1.5, region: 'westeurope', asOf: '2026-11-01' }
    const { catalog } = laid({
      skus: [
        { name: 'Standard_NV36ads_A10_v5', cloud: 'azure', price },
        { name: 'own-l40s', cloud: 'arc', gpuModel: 'NVIDIA L40S', gpuCount: 2, gpuMemoryGiB: 96 },
      ],
    })
    const before = findSku(builtInCatalog, 'azure', 'Standard_NV36ads_A10_v5')
    expect(findSku(catalog, 'azure', 'Standard_NV36ads_A10_v5')).toEqual({ ...before, price })
    expect(findSku(catalog, 'arc', 'own-l40s')).toMatchObject({ vendor: 'nvidia', gpuMemoryGiB: 96 })
  })
})
