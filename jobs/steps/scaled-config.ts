import type { Result } from '#src/lib/result.ts'

export type ScaledConfig = Result<{ readonly config: Readonly<Record<string, unknown>>; readonly loraAlpha: number }>

/** A PEFT adapter_config.json with `lora_alpha` and every `alpha_pattern` value times `strength` (0 to 1). */
export function scaleAdapterConfig(config: Readonly<Record<string, unknown>>, strength: number): ScaledConfig {
  if (!Number.isFinite(strength) || strength < 0 || strength > 1) {
    return { ok: false, reason: `the strength ${strength} is not between 0 and 1` }
  }
  const alpha = config['lora_alpha']
  if (!isNumber(alpha))
    return { ok: false, reason: 'adapter_config.json has no number lora_alpha, so it has no strength' }
  const pattern = config['alpha_pattern'] ?? {}
  if (typeof pattern !== 'object' || Array.isArray(pattern)) {
    return { ok: false, reason: 'alpha_pattern in adapter_config.json is not an object' }
  }
  const entries: [string, unknown][] = Object.entries(pattern ?? {})
  if (!entries.every((entry): entry is [string, number] => isNumber(entry[1]))) {
    return { ok: false, reason: 'alpha_pattern in adapter_config.json holds something else than numbers' }
  }
  const alphaPattern = Object.fromEntries(entries.map(([key, value]) => [key, value * strength]))
  const loraAlpha = alpha * strength
  const scaled = { ...config, lora_alpha: loraAlpha, ...('alpha_pattern' in config && { alpha_pattern: alphaPattern }) }
  return { ok: true, config: scaled, loraAlpha }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
