import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Workspace } from '#src/api/workspace.ts'
import type { Facts } from '#src/reading/facts.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { refusalText, warningLines } from '#src/rules/feedback.ts'
import { facts } from './sample.ts'

/** Examples are trusted files of this repository, written as Workspaces. */
const example = (name: string): Workspace =>
  parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'examples', `${name}.yaml`), 'utf8')) as Workspace

const verdict = (name: string, change: Partial<Facts> = {}) => {
  const known = { ...facts, ...change }
  return admit(withDefaults(example(name), known), known)
}

const origins = (findings: readonly { readonly origin: string }[]) => findings.map(({ origin }) => origin)

describe("the seed's manifests", () => {
  it('inference of phi-3-mini-4k on its V100 is admitted, with the replacement for the retired type', () => {
    const { errors, warnings } = verdict('inference-phi-3')
    expect(errors).toEqual([])
    expect(origins(warnings)).toEqual(['instance.retired'])
    expect(warningLines(warnings)[0]).toContain('use Standard_NV36ads_A10_v5')
  })

  it.each(['tuning-phi-3-literal', 'tuning-phi-3-128k-literal'])(
    '%s is refused for its two placeholders and nothing else',
    (name) => {
      const { errors, warnings } = verdict(name)
      expect(origins(errors)).toEqual(['image.placeholder', 'secret.placeholder'])
      expect(origins(warnings)).toEqual(['instance.retired', 'output.checkpoints'])
      expect(refusalText(errors)).toBe(
        [
          '2 problems:',
          '  - tuning.output.image: "ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1": this is the placeholder from the documentation; write your registry, e.g. myacr.azurecr.io/adapters/phi-3:0.0.1 [image.placeholder]',
          '  - tuning.output.imagePushSecret: "ACR_REGISTRY_SECRET_HERE": this is the placeholder from the documentation; write the name of your Secret, e.g. my-registry-secret [secret.placeholder]',
        ].join('\n'),
      )
    },
  )

  it('inference of phi-3-mini-128k with an adapter is refused for the placeholder only', () => {
    const { errors } = verdict('inference-phi-3-adapter-literal')
    expect(origins(errors)).toEqual(['image.placeholder'])
  })

  it('the same with a real image is admitted and says which context fits on the 16 GB card', () => {
    const workspace = example('inference-phi-3-adapter-literal')
    const real = JSON.parse(
      JSON.stringify(workspace).replace('ACR_REPO_HERE', 'myacr').replace('ADAPTER_HERE', 'phi-3'),
    )
    const { errors, warnings } = admit(withDefaults(real, facts), facts)
    expect(errors).toEqual([])
    expect(origins(warnings)).toEqual(['instance.retired', 'memory.short-context'])
    const line = warningLines(warnings)[1] ?? ''
    const fits = Number(/--max-model-len=(\d+)/.exec(line)?.[1])
    expect(fits).toBeGreaterThan(8_000)
    expect(fits).toBeLessThan(20_000)
    expect(line).toContain('of 131072 tokens')
    expect(line).toMatch(/\[memory\.short-context\]$/)
  })
})
