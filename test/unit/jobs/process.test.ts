import { describe, expect, it } from 'vitest'
import { decodeTask } from '#jobs/codec.ts'
import { processTask, type TaskPorts } from '#jobs/process.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { taskId } from '#src/contract/task.ts'

const task = { version: 1, namespace: 'default', name: 'tune', uid: 'u', revision: '0123456789' }
const job: K8sObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'tune-tuning-0123456789' } }

function ports(revision: string | undefined, more: Partial<TaskPorts> = {}) {
  const created: string[] = []
  const outcomes: string[] = []
  const all: TaskPorts = {
    desiredJob: async () => (revision === undefined ? undefined : { job, revision }),
    create: async ({ metadata }) => created.push(metadata.name) > 0,
    log: (outcome) => outcomes.push(outcome),
    ...more,
  }
  return { all, created, outcomes }
}

describe('a task', () => {
  it('creates the Job of its revision', async () => {
    const { all, created, outcomes } = ports(task.revision)
    await processTask(task, all)
    expect([created, outcomes]).toEqual([[job.metadata.name], ['created']])
  })

  it.for([
    ['the Workspace is gone or asks for no run', undefined],
    ['the Workspace has moved on', 'ffffffffff'],
  ] as const)('does nothing when %s', async ([, revision]) => {
    const { all, created, outcomes } = ports(revision)
    await processTask(task, all)
    expect([created, outcomes]).toEqual([[], ['dropped']])
  })

  it('says so when another has a Job of that name', async () => {
    const { all, outcomes } = ports(task.revision, { create: async () => false })
    await processTask(task, all)
    expect(outcomes).toEqual(['taken'])
  })

  it('fails, to be tried again, when the Job cannot be created', async () => {
    const { all, outcomes } = ports(task.revision, { create: () => Promise.reject(new Error('away')) })
    await expect(processTask(task, all)).rejects.toThrow('away')
    expect(outcomes).toEqual([])
  })
})

describe('a task out of Redis', () => {
  it('is taken when it is whole', () => {
    expect(decodeTask(structuredClone(task))).toEqual({ ok: true, task })
  })

  it.for<[string, unknown, string]>([
    ['a text', 'task', 'must be object'],
    ['a missing name', { ...task, name: undefined }, "must have required property 'name'"],
    ['an empty namespace', { ...task, namespace: '' }, '/namespace'],
    ['an id that is no revision', { ...task, revision: 'ABCDEF0123' }, '/revision'],
    ['a later version', { ...task, version: 2 }, '/version'],
  ])('is refused, with the reason, for %s', ([, data, want]) => {
    const decoded = decodeTask(data)
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining(want) })
  })

  it('has an id that BullMQ takes: no colon, and not only digits', () => {
    expect(taskId(task)).toMatch(/^[^:]*-[^:]*$/)
  })
})
