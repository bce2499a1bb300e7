import type { Reason } from '#src/api/conditions.ts'

interface End {
  readonly exitCode: number
  /** Whether another pod may try, and why not (or how often). */
  readonly again: boolean
  readonly because: string
}

/**
 * How steps fail: the one table behind their exit codes, the Job's failure policy and docs/steps.md. Which step may fail how is
 * in its message. The codes are those of sysexits.h where it has one.
 */
export const ENDS = {
  ConfigInvalid: { exitCode: 64, again: false, because: 'the same input gives the same answer' },
  DatasetInvalid: { exitCode: 65, again: false, because: 'the data is the same next time' },
  DatasetUnreachable: { exitCode: 66, again: false, because: 'the step itself has tried several times' },
  BaseModelUnavailable: { exitCode: 67, again: false, because: 'the name or the access is wrong' },
  CudaOutOfMemory: { exitCode: 68, again: false, because: 'the same GPU is no larger next time' },
  TrainingFailed: { exitCode: 69, again: false, because: 'nobody knows that it would help' },
  Stalled: { exitCode: 70, again: true, because: 'up to three times: what hangs once seldom does so twice' },
  OOMKilled: { exitCode: 71, again: false, because: 'the same node is no larger next time' },
  NotImproved: { exitCode: 72, again: false, because: 'the same rows and seed give the same adapter' },
  PullFailed: { exitCode: 75, again: true, because: 'up to three times' },
  PushFailed: {
    exitCode: 75,
    again: false,
    because:
      'the step itself has tried for an hour, and another pod would train first; from a volume it pushes only, so yes',
  },
  PullDenied: { exitCode: 77, again: false, because: 'credentials or roles are missing' },
  PushDenied: { exitCode: 77, again: false, because: 'credentials or roles are missing; from a volume yes' },
} as const satisfies Partial<Record<Reason, End>>

export type EndReason = keyof typeof ENDS

const codes = [...new Set(Object.values(ENDS).map(({ exitCode }) => exitCode))].sort((a, b) => a - b)

/** Exit codes after which no other pod may try, whichever step it was. */
export const FINAL_EXIT_CODES: readonly number[] = codes.filter((code) =>
  Object.values(ENDS).every(({ exitCode, again }) => exitCode !== code || !again),
)
