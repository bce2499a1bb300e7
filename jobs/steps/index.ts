import type { TProperties } from 'typebox'
import type { EndReason } from '#src/contract/ends.ts'
import { fetchMessage } from '#src/contract/fetch.ts'
import type { Body, Message, StepMessage } from '#src/contract/message.ts'
import type { OperatorStep } from '#src/contract/messages.ts'
import { probeMessage } from '#src/contract/probe.ts'
import { pullMessage } from '#src/contract/pull.ts'
import { pushMessage } from '#src/contract/push.ts'
import { readMessage } from '#src/contract/read.ts'
import { scaleMessage } from '#src/contract/scale.ts'
import { errorCode } from '#src/oci/registry-error.ts'
import { runFetch } from './fetch/fetch.ts'
import { failed, type Outcome } from './outcome.ts'
import { runProbe } from './probe.ts'
import { runPull } from './pull.ts'
import { runPush } from './push.ts'
import { runScaleAdapters } from './scale-adapters.ts'

/** One step, from the JSON that its container was given. It never throws. */
interface Step<N extends string = string> {
  readonly name: N
  run(json: string | undefined): Promise<Outcome>
}

/** What each step of src/contract/messages.ts does: one that is missing, or takes or says anything else, does not compile. */
export const STEPS: { readonly [N in OperatorStep['name']]: Step<N> } = {
  fetch: step(fetchMessage, runFetch, 'DatasetUnreachable'),
  probe: step(probeMessage, runProbe, 'PushFailed'),
  push: step(pushMessage, runPush, 'PushFailed'),
  pull: step(pullMessage, runPull, 'PullFailed'),
  'scale-adapters': step(scaleMessage, runScaleAdapters, 'ConfigInvalid'),
}

/** `unexpected` is the reason for what no step foresaw: a full disk, a bug. */
function step<P extends TProperties, N extends string, R extends EndReason>(
  message: StepMessage<P, N, R>,
  run: (spec: Body<Message<P>>) => Promise<Outcome<NoInfer<R>>>,
  unexpected: NoInfer<R>,
): Step<N> {
  return {
    name: message.name,
    async run(json) {
      const read = readMessage(message, json)
      if (!read.ok) return failed('ConfigInvalid', read.reason)
      try {
        return await run(read.value)
      } catch (error) {
        console.error(error)
        return failed(unexpected, unexpectedMessage(error))
      }
    },
  }
}

function unexpectedMessage(error: unknown): string {
  if (errorCode(error) === 'ENOSPC') return 'the volume is full; give the workload more disk'
  return error instanceof Error ? error.message : String(error)
}
