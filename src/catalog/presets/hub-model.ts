import type { Preset } from '../preset.ts'

type Numbers = Pick<Preset, 'weightsGiB' | 'contextLength' | 'kvBytesPerToken'>
type Extras = Pick<Preset, 'quantization' | 'gated' | 'attention' | 'needs'>

/** A preset that has no short name: it is asked for by its Hugging Face id, and is served but not tuned. */
export const hubModel = (family: string, id: string, numbers: Numbers, extras: Extras = {}): Preset => ({
  name: id,
  family,
  weights: { hub: id },
  ...numbers,
  ...extras,
})
