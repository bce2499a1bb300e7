import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { readWorld } from '#test/support/worlds.ts'

const GOLDEN = join(import.meta.dirname, '..', '..', 'golden')
const cases = globSync('*/world.yaml', { cwd: GOLDEN })
  .map((file) => dirname(file))
  .sort()

const yaml = (value: unknown) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })

describe('golden plans', () => {
  it('are all here', () => {
    expect(cases.length).toBeGreaterThanOrEqual(19)
  })

  it.for(cases)('%s is planned as written down, and the same way every time', async (name) => {
    const file = join(GOLDEN, name, 'world.yaml')
    const plan = yaml(planWorkspace(readWorld(file)))
    expect(yaml(planWorkspace(readWorld(file)))).toBe(plan)
    await expect(plan).toMatchFileSnapshot(join(GOLDEN, name, 'plan.yaml'))
  })

  it.for(cases.filter((name) => name.startsWith('job-')))('%s gives the Job as written down', async (name) => {
    const planned = planTuningJob(readWorld(join(GOLDEN, name, 'world.yaml')))
    await expect(yaml(planned?.job)).toMatchFileSnapshot(join(GOLDEN, name, 'job.yaml'))
  })
})
