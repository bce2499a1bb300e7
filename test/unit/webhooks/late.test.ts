import { describe, expect, it } from 'vitest'
import { loadConfig } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { unwatched } from '#src/runtime/watchdog.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { tuningSpec } from '#test/support/workspaces.ts'
import { admissionReview } from './admission-review.ts'

const workspace = { ...tuningSpec({ config: 'mine' }), metadata: { name: 'phi', namespace: 'default' } }
const { request } = admissionReview({ object: workspace })

/** What is said of a Workspace by a process that is so late, and how often it asked the API server for something. */
async function verdictOf(lateMs: number) {
  let asked = 0
  const never = () => {
    asked++
    return new Promise<never>(() => {})
  }
  const client = { get: never, metadata: never, list: never } as unknown as KubeClient
  const admission = wireAdmission(loadConfig(undefined, {}), client, { watch: unwatched, lateMs: () => lateMs })
  return { verdict: await admission.validate(request), asked: () => asked }
}

describe('a webhook that is late with everything', () => {
  it('looks nothing up, refuses nobody for that, and says what it has not looked at', async () => {
    const { verdict, asked } = await verdictOf(5_000)
    expect(asked()).toBe(0)
    expect(verdict.errors).toEqual([])
    expect(verdict.warnings.join('\n')).toContain('ConfigMap could not be looked up in time')
    expect(verdict.warnings.join('\n')).toContain('Secret could not be looked up in time')
  })

  it('looks up what it can in the time that it has', async () => {
    const { verdict, asked } = await verdictOf(290)
    expect(asked()).toBeGreaterThan(0)
    expect(verdict.errors).toEqual([])
    expect(verdict.warnings.join('\n')).toContain('could not be looked up in time')
  })
})
