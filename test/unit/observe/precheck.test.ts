import { describe, expect, it } from 'vitest'
import type { ContainerStatusView, JobView, PodView } from '#src/api/objects.ts'
import { precheck } from '#src/observe/precheck.ts'

const job = (...types: readonly string[]): JobView => ({
  metadata: { name: 'check', uid: 'u' },
  status: {
    completionTime: '2026-01-02T03:04:05Z',
    conditions: types.map((type) => ({ type, status: 'True', reason: type, message: `it is ${type}` })),
  },
})

const pod = (...containerStatuses: readonly ContainerStatusView[]): PodView => ({
  metadata: { name: 'check-1' },
  status: { containerStatuses },
})

const ended = (name: string, said: object): ContainerStatusView => ({
  name,
  state: { terminated: { exitCode: 0, message: JSON.stringify(said) } },
})
const running = (name: string): ContainerStatusView => ({ name, state: { running: {} } })

const ROWS = { rows: 2, kept: 2, cut: 0, evaluated: 0, lossOn: 'answers', dropped: [], sources: [], unused: [] }
const fault = (reason: string) => ({ reason, message: `why ${reason}` })
const found = (...reasons: readonly string[]) => ended('check', { result: { faults: reasons.map(fault) } })

describe('the check before a run', () => {
  it('is under way until its Job has ended, wherever its pod stands', () => {
    expect(precheck(job(), [])).toEqual({ phase: 'pending' })
    expect(precheck(job(), [pod(running('fetch'))])).toEqual({ phase: 'running', at: ['fetch'] })
    expect(precheck(job(), [pod(found('DatasetInvalid'), running('probe'))])).toEqual({
      phase: 'running',
      at: ['probe'],
    })
    const waiting = { name: 'check', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }
    expect(precheck(job(), [pod(waiting)])).toMatchObject({ phase: 'pending', trouble: { reason: 'ImageUnavailable' } })
  })

  it('has passed when no container has found anything', () => {
    const digest = `sha256:${'d'.repeat(64)}`
    const checked = ended('check', { result: { faults: [], data: ROWS } })
    const probed = (present: unknown) => ended('probe', { result: { image: 'i', present } })
    expect(precheck(job('Complete'), [pod(checked, probed(digest))])).toEqual({
      phase: 'passed',
      data: ROWS,
      present: digest,
    })
    expect(precheck(job('Complete'), [pod(checked, probed('latest'))])).toEqual({ phase: 'passed', data: ROWS })
  })

  it('waits for what its pod has said, and knows when that is gone', () => {
    expect(precheck(job('Complete'), [pod(found(), running('probe'))])).toEqual({ phase: 'running', at: [] })
    expect(precheck(job('Complete'), [pod()])).toEqual({ phase: 'running', at: [] })
    expect(precheck(job('Complete'), [])).toEqual({ phase: 'lost', since: Date.UTC(2026, 0, 2, 3, 4, 5) })
  })

  it.for<[string, ContainerStatusView[], string[]]>([
    [
      'all of several',
      [found('ConfigInvalid', 'DatasetInvalid'), ended('probe', fault('PushDenied'))],
      ['PushDenied', 'ConfigInvalid', 'DatasetInvalid'],
    ],
    [
      'not rows that could not be fetched',
      [ended('fetch', fault('DatasetUnreachable')), found('DatasetInvalid', 'ConfigInvalid')],
      ['DatasetUnreachable', 'ConfigInvalid'],
    ],
    [
      'not rows of an image that could not be pulled',
      [ended('pull-data', fault('PullDenied')), found('DatasetInvalid')],
      ['PullDenied'],
    ],
    [
      'not a model that could not be pulled',
      [ended('pull-weights', fault('PullDenied')), found('BaseModelUnavailable')],
      ['PullDenied'],
    ],
    ['reasons that nobody knows', [found('NoSuchReason')], ['PrecheckFailed']],
  ])('tells %s', ([, containers, reasons]) => {
    const told = precheck(job('Complete'), [pod(...containers)])
    expect(told.phase === 'failed' && told.faults.map(({ reason }) => reason)).toEqual(reasons)
  })

  it('says why it came to no verdict', () => {
    const dead = (terminated: object) => pod({ name: 'check', state: { terminated: { exitCode: 1, ...terminated } } })
    const why = (pods: readonly PodView[], type = 'Failed') => {
      const told = precheck(job(type), pods)
      return told.phase === 'failed' ? told.faults[0] : told
    }
    expect(why([])).toEqual({ reason: 'PrecheckFailed', message: 'it is Failed' })
    expect(why([dead({ message: 'ImportError: no torch' })])).toEqual({
      reason: 'PrecheckFailed',
      message: 'check: ImportError: no torch',
    })
    expect(why([dead({ reason: 'OOMKilled' })])).toMatchObject({ reason: 'OOMKilled' })
    const late = { ...job(), status: { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] } }
    expect(precheck(late, [])).toMatchObject({ phase: 'failed', faults: [{ reason: 'DeadlineExceeded' }] })
  })
})
