import { describe, expect, it } from 'vitest'
import type { ContainerStatusView, JobView, PodView } from '#src/api/objects.ts'
import { type TuningRun, tuningRun } from '#src/observe/tuning-run.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

const job = (...conditions: readonly [type: string, reason?: string][]): JobView => ({
  metadata: { name: 'j' },
  status: { conditions: conditions.map(([type, reason = '']) => ({ type, status: 'True', reason })) },
})
const pod = (main: readonly ContainerStatusView[], init: readonly ContainerStatusView[] = [], at = 0): PodView => ({
  metadata: { name: `p${at}`, creationTimestamp: new Date(at * 1000).toISOString() },
  status: { initContainerStatuses: init, containerStatuses: main },
})
const runs = (name: string): ContainerStatusView => ({ name, state: { running: {} } })
const pushed = (image: string, digest = DIGEST, exitCode = 0): ContainerStatusView => ({
  name: 'push',
  state: { terminated: { exitCode, message: JSON.stringify({ result: { image, digest } }) } },
})
const badTrain: ContainerStatusView = {
  name: 'train',
  state: { terminated: { exitCode: 65, message: JSON.stringify({ reason: 'DatasetInvalid', message: 'no rows' }) } },
}

describe('a tuning run', () => {
  it.for<[string, JobView, readonly PodView[], TuningRun]>([
    ['is pending without a pod', job(), [], { phase: 'pending' }],
    ['is pending while its pod is made', job(), [pod([])], { phase: 'pending' }],
    [
      'is fetching while an init container before train runs',
      job(),
      [pod([], [runs('pull-weights')])],
      { phase: 'running', step: 'Fetching' },
    ],
    ['is training while train runs', job(), [pod([], [runs('train')])], { phase: 'running', step: 'Training' }],
    [
      'is training when train is the main container',
      job(),
      [pod([runs('train')])],
      { phase: 'running', step: 'Training' },
    ],
    ['is pushing while push runs', job(), [pod([runs('push')])], { phase: 'running', step: 'Pushing' }],
    [
      'is what its newest pod does: an earlier one may have failed',
      job(),
      [pod([], [badTrain], 1), pod([], [runs('train')], 2)],
      { phase: 'running', step: 'Training' },
    ],
    [
      'names the adapter by digest and without its tag, on a registry with a port',
      job(['Complete']),
      [pod([pushed('registry.example.com:5000/a/b:1.0')])],
      { phase: 'succeeded', image: `registry.example.com:5000/a/b@${DIGEST}` },
    ],
    [
      'replaces an old digest',
      job(['SuccessCriteriaMet']),
      [pod([pushed(`registry.example.com/b:1@sha256:${'0'.repeat(64)}`)])],
      { phase: 'succeeded', image: `registry.example.com/b@${DIGEST}` },
    ],
    [
      'believes no digest that is none',
      job(['Complete']),
      [pod([pushed('r.example.com/b:1', 'latest')])],
      { phase: 'succeeded' },
    ],
    [
      'believes no push that failed',
      job(['Complete']),
      [pod([pushed('r.example.com/b:1', DIGEST, 1)])],
      { phase: 'succeeded' },
    ],
    ['succeeds without an image when none was pushed', job(['Complete']), [pod([])], { phase: 'succeeded' }],
    [
      'fails for the reason that its pod gave',
      job(['Failed', 'PodFailurePolicy']),
      [pod([], [badTrain])],
      { phase: 'failed', trouble: { reason: 'DatasetInvalid', message: 'train: no rows' } },
    ],
    [
      'fails for its deadline whatever its pod says',
      job(['Failed', 'DeadlineExceeded']),
      [pod([], [badTrain])],
      { phase: 'failed', trouble: { reason: 'DeadlineExceeded', message: 'the run took too long' } },
    ],
    [
      'fails as soon as the Job is bound to',
      job(['FailureTarget', 'PodFailurePolicy']),
      [pod([], [badTrain])],
      { phase: 'failed', trouble: { reason: 'DatasetInvalid', message: 'train: no rows' } },
    ],
    [
      'has only failed a try while the Job goes on',
      job(),
      [pod([], [badTrain])],
      { phase: 'pending', trouble: { reason: 'DatasetInvalid', message: 'train: no rows' } },
    ],
  ])('%s', ([, given, pods, want]) => {
    expect(tuningRun(given, pods)).toEqual(want)
  })
})
