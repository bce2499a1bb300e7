import type { Preset } from '../preset.ts'

const REASON = 'KAITO no longer accepts the Falcon models of 2023 with 2,048 tokens of context'

type Size = Pick<Preset, 'weightsGiB' | 'kvBytesPerToken'>
const SMALL: Size = { weightsGiB: 13.45, kvBytesPerToken: 8192 }
const LARGE: Size = { weightsGiB: 77.93, kvBytesPerToken: 122_880 }

const falcon = (name: string, size: Size, use: string): Preset => ({
  name,
  family: 'falcon',
  weights: { hub: `tiiuae/${name}` },
  contextLength: 2048,
  ...size,
  retired: { reason: REASON, use },
})

export const FALCON: readonly Preset[] = [
  falcon('falcon-7b', SMALL, 'mistral-7b'),
  falcon('falcon-7b-instruct', SMALL, 'mistral-7b-instruct'),
  falcon('falcon-40b', LARGE, 'phi-4'),
  falcon('falcon-40b-instruct', LARGE, 'phi-4'),
]
