import type { Reason } from '#src/api/conditions.ts'

type Step = 'fetch' | 'train' | 'push' | 'pull' | 'scale-adapters'

interface End {
  readonly exitCode: number
  /** Steps that may end so. */
  readonly steps: readonly Step[]
  /** Whether another pod may try, and why not (or how often). */
  readonly again: boolean
  readonly because: string
}

/**
 * How a step fails: the one table behind its exit code, the Job's failure policy and docs/steps.md. The codes are those of
 * sysexits.h where it has one.
 */
export const ENDS = {
  ConfigInvalid: {
    exitCode: 64,
    steps: ['fetch', 'train', 'push', 'pull', 'scale-adapters'],
    again: false,
    because: 'the same input gives the same answer',
  },
  DatasetInvalid: { exitCode: 65, steps: ['fetch', 'train'], again: false, because: 'the data is the same next time' },
  DatasetUnreachable: {
    exitCode: 66,
    steps: ['fetch'],
    again: false,
    because: 'the step itself has tried several times',
  },
  BaseModelUnavailable: { exitCode: 67, steps: ['train'], again: false, because: 'the name or the access is wrong' },
  CudaOutOfMemory: { exitCode: 68, steps: ['train'], again: false, because: 'the same GPU is no larger next time' },
  TrainingFailed: { exitCode: 69, steps: ['train', 'push'], again: false, because: 'nobody knows that it would help' },
  Stalled: {
    exitCode: 70,
    steps: ['train'],
    again: true,
    because: 'up to three times: what hangs once seldom does so twice',
  },
  OOMKilled: { exitCode: 71, steps: ['train'], again: false, because: 'the same node is no larger next time' },
  PullFailed: { exitCode: 75, steps: ['pull'], again: true, because: 'up to three times' },
  PushFailed: {
    exitCode: 75,
    steps: ['push'],
    again: false,
    because: 'the step itself has tried for an hour, and another pod would train first',
  },
  PullDenied: { exitCode: 77, steps: ['pull'], again: false, because: 'credentials or roles are missing' },
  PushDenied: { exitCode: 77, steps: ['push'], again: false, because: 'credentials or roles are missing' },
} as const satisfies Partial<Record<Reason, End>>

export type EndReason = keyof typeof ENDS

export const endsOf = (step: Step): readonly EndReason[] =>
  Object.entries(ENDS).flatMap(([reason, { steps }]) =>
    steps.some((name) => name === step) ? [reason as EndReason] : [],
  )

const codes = [...new Set(Object.values(ENDS).map(({ exitCode }) => exitCode))].sort((a, b) => a - b)

/** Exit codes after which no other pod may try, whichever step it was. */
export const FINAL_EXIT_CODES: readonly number[] = codes.filter((code) =>
  Object.values(ENDS).every(({ exitCode, again }) => exitCode !== code || !again),
)
