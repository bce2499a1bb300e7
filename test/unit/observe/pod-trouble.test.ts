import { describe, expect, it } from 'vitest'
import type { ContainerStatusView, PodView } from '#src/api/objects.ts'
import { parseOutcome } from '#src/contract/outcome.ts'
import { defined } from '#src/lib/defined.ts'
import { podTrouble } from '#src/observe/pod-trouble.ts'

type Status = NonNullable<PodView['status']>

const pod = (status: Status): PodView => ({ metadata: { name: 'p' }, status })
const ended = (name: string, exitCode: number, message?: string, reason = 'Error'): ContainerStatusView => ({
  name,
  state: { terminated: { exitCode, reason, ...defined({ message }) } },
})
const waiting = (name: string, reason: string, message = 'kubelet says'): ContainerStatusView => ({
  name,
  state: { waiting: { reason, message } },
})
const step = (reason: string, message: string) => JSON.stringify({ reason, message })

describe('the trouble of a pod', () => {
  it.for<[string, Status, string | undefined, string?]>([
    ['is nothing without a status', {}, undefined],
    [
      'is nothing while containers start',
      { initContainerStatuses: [waiting('fetch', 'ContainerCreating')] },
      undefined,
    ],
    ['is nothing while later ones wait', { containerStatuses: [waiting('push', 'PodInitializing')] }, undefined],
    ['is nothing after a good end', { initContainerStatuses: [ended('fetch', 0, '{"result":{}}')] }, undefined],
    [
      'is what the step says',
      { initContainerStatuses: [ended('fetch', 66, step('DatasetUnreachable', 'HTTP 404'))] },
      'DatasetUnreachable',
      'fetch: HTTP 404',
    ],
    [
      'is a failed training for a reason that nobody knows',
      { initContainerStatuses: [ended('train', 1, step('Gremlins', 'in the works'))] },
      'TrainingFailed',
      'train: in the works',
    ],
    [
      'is not believed when the reason is a property of every object',
      { initContainerStatuses: [ended('train', 1, step('constructor', 'x'))] },
      'TrainingFailed',
    ],
    [
      'has the last five lines of a trainer that crashed',
      { initContainerStatuses: [ended('train', 1, 'a\nb\nc\nd\ne\nCUDA error\n')] },
      'TrainingFailed',
      'train: b | c | d | e | CUDA error',
    ],
    [
      'has the exit code when nothing was said',
      { initContainerStatuses: [ended('train', 3)] },
      'TrainingFailed',
      'train: exit code 3',
    ],
    [
      'is memory when the kernel killed it',
      { initContainerStatuses: [ended('train', 137, '', 'OOMKilled')] },
      'OOMKilled',
      "container train was killed: it used more of the node's memory (not the GPU's) than it may. Use an instance type with more memory, fewer dataloader_num_workers, or fewer rows",
    ],
    [
      'is memory of a server, too, with what helps there',
      { containerStatuses: [ended('server', 137, '', 'OOMKilled')] },
      'OOMKilled',
      "container server was killed: it used more of the node's memory (not the GPU's) than it may. Use an instance type with more memory",
    ],
    [
      'is memory of the GPU where the trainer says so',
      { initContainerStatuses: [ended('train', 68, step('CudaOutOfMemory', 'use less'))] },
      'CudaOutOfMemory',
      'train: use less',
    ],
    [
      'is told in the lines before the reports of progress that end a log',
      {
        initContainerStatuses: [
          ended(
            'train',
            1,
            '5, "maxSteps": 9, "loss": 1}\n{"kaito": "progress", "step": 6, "maxSteps": 9}\nNCCL error\n{"kaito": "progress", "step": 7, "maxSteps": 9}\n\n',
          ),
        ],
      },
      'TrainingFailed',
      'train: NCCL error',
    ],
    [
      'is that it was killed when nobody says why',
      { initContainerStatuses: [ended('train', 137)] },
      'Killed',
      'train: it was ended from outside (SIGKILL)',
    ],
    [
      'is an eviction when its pod was to go',
      {
        conditions: [{ type: 'DisruptionTarget', status: 'True', message: 'node gpu-1 is drained' }],
        initContainerStatuses: [ended('train', 143)],
      },
      'Evicted',
      'node gpu-1 is drained',
    ],
    ['is a crash for another container', { containerStatuses: [ended('server', 1)] }, 'CrashLoop'],
    [
      'is the last end while a container backs off',
      {
        containerStatuses: [
          {
            name: 'server',
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, message: 'no GPU found' } },
          },
        ],
      },
      'CrashLoop',
      'server: no GPU found',
    ],
    [
      'is an image that cannot be pulled',
      { initContainerStatuses: [waiting('train', 'ImagePullBackOff')] },
      'ImageUnavailable',
      'train: kubelet says',
    ],
    [
      'is the kubelet saying no',
      { containerStatuses: [waiting('server', 'CreateContainerConfigError')] },
      'ContainerCannotStart',
    ],
    [
      'is an eviction of the pod',
      { phase: 'Failed', reason: 'Evicted', message: 'disk pressure' },
      'Evicted',
      'disk pressure',
    ],
    ['is a deadline', { phase: 'Failed', reason: 'DeadlineExceeded' }, 'DeadlineExceeded'],
    [
      'is the scheduler finding no node',
      { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes' }] },
      'Unschedulable',
      '0/3 nodes',
    ],
    [
      'is the end of a step rather than the failure of its pod',
      { phase: 'Failed', initContainerStatuses: [ended('train', 65, step('DatasetInvalid', 'no rows'))] },
      'DatasetInvalid',
    ],
  ])('%s', ([, status, reason, message]) => {
    const trouble = podTrouble(pod(status))
    expect(trouble?.reason).toBe(reason)
    if (message !== undefined) expect(trouble?.message).toBe(message)
  })
})

describe('what a step said', () => {
  it.for<[string, string | undefined, unknown]>([
    ['a success', '{"result":{"digest":"sha256:x"}}', { result: { digest: 'sha256:x' } }],
    ['a failure', '{"reason":"PushDenied","message":"401"}', { reason: 'PushDenied', message: '401' }],
    ['fields of a wrong type left out', '{"reason":7,"message":["x"],"result":[1]}', {}],
    ['nothing from a cut message', '{"reason":"Push', undefined],
    ['nothing from a log line', 'Traceback (most recent call last)', undefined],
    ['nothing from silence', undefined, undefined],
  ])('is %s', ([, text, want]) => {
    expect(parseOutcome(text)).toEqual(want)
  })
})
