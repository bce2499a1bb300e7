import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import type { Rig } from '#test/support/operator-rig.ts'
import { jobsAtRest, namespaceWithSecret } from '#test/support/tuning-runs.ts'
import { tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig

beforeAll(async () => {
  ;({ rig } = await startByoRig())
})
afterAll(() => rig?.stop())

describe('two operators at once', () => {
  it('start one Job for each of ten Workspaces, also when the leader is killed among them', async () => {
    const namespace = await namespaceWithSecret(rig)
    const operators = await Promise.all([rig.operator('operator-a'), rig.operator('operator-b')])
    const names = Array.from({ length: 10 }, (_, index) => `tune-${index}`)
    await Promise.all(names.slice(0, 5).map((name) => rig.create(namespace, name, tuningSpec())))
    await eventually('five Jobs', async () => (await rig.list('Job', namespace)).length === 5, 40_000)
    const lease = await rig.client.get({ kind: 'Lease', namespace: 'kaito-system', name: 'kaito-ts' })
    const holder = (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity
    expect(['operator-a', 'operator-b']).toContain(holder)
    await operators[holder === 'operator-a' ? 0 : 1].kill()
    await Promise.all(names.slice(5).map((name) => rig.create(namespace, name, tuningSpec())))
    await eventually('ten Jobs', async () => (await rig.list('Job', namespace)).length >= 10, 60_000)
    expect(await jobsAtRest(rig, namespace)).toBe(10)
    for (const operator of operators) await operator.kill()
  }, 150_000)
})
