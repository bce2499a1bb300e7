import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScaleEnd, ScaleSpec } from '#src/contract/scale.ts'
import { CONFIG_FILE, readAdapter, readAdapterConfig, WEIGHTS_FILE } from './adapter-files.ts'
import { failed, type Outcome } from './outcome.ts'
import { type ScaledConfig, scaleAdapterConfig } from './scaled-config.ts'

/**
 * Writes each adapter again with its strength folded into lora_alpha. That is exact: the engine multiplies the
 * weights by alpha/r (or alpha/sqrt(r)), so they need not change. Only an adapter whose weights are whole and safetensors gets there.
 */
export async function runScaleAdapters(spec: ScaleSpec): Promise<Outcome<ScaleEnd>> {
  const adapters: { name: string; loraAlpha: number }[] = []
  for (const adapter of spec.adapters) {
    const scaled = await scaleOne(adapter, spec.weights)
    if (!scaled.ok) return failed('ConfigInvalid', `the adapter "${adapter.name}": ${scaled.reason}`)
    adapters.push({ name: adapter.name, loraAlpha: scaled.loraAlpha })
  }
  return { ok: true, result: { adapters } }
}

async function scaleOne(adapter: ScaleSpec['adapters'][number], how: 'link' | 'copy'): Promise<ScaledConfig> {
  const inData = join(adapter.from, 'data')
  const nested = await readAdapterConfig(inData)
  const found = nested.ok ? nested : await readAdapterConfig(adapter.from)
  if (!found.ok) return found
  const folder = nested.ok ? inData : adapter.from
  const whole = await readAdapter(folder)
  if (!whole.ok) return whole
  const scaled = scaleAdapterConfig(found.config, adapter.strength)
  if (!scaled.ok) return scaled
  await mkdir(adapter.out, { recursive: true })
  const weights = join(adapter.out, WEIGHTS_FILE)
  await rm(weights, { force: true })
  if (how === 'copy') await copyFile(join(folder, WEIGHTS_FILE), weights)
  else await symlink(join(folder, WEIGHTS_FILE), weights)
  const config = join(adapter.out, CONFIG_FILE)
  await writeFile(`${config}.part`, JSON.stringify(scaled.config, null, 2))
  await rename(`${config}.part`, config)
  return scaled
}
