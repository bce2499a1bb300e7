import { writeFile } from 'node:fs/promises'
import type { TProperties } from 'typebox'
import type { EndReason } from '#src/contract/ends.ts'
import { fetchMessage } from '#src/contract/fetch.ts'
import type { Body, Message } from '#src/contract/message.ts'
import { pullMessage } from '#src/contract/pull.ts'
import { pushMessage } from '#src/contract/push.ts'
import { readMessage } from '#src/contract/read.ts'
import { scaleMessage } from '#src/contract/scale.ts'
import { errorCode } from '#src/oci/registry-error.ts'
import { runFetch } from './fetch/fetch.ts'
import { exitCode, failed, type Outcome, terminationMessage } from './outcome.ts'
import { runPull } from './pull.ts'
import { runPush } from './push.ts'
import { runScaleAdapters } from './scale-adapters.ts'

type Step = (json: string | undefined) => Promise<Outcome>

/** `unexpected` is the reason for what no step foresaw: a full disk, a bug. */
function step<P extends TProperties>(
  message: Message<P>,
  run: (spec: Body<Message<P>>) => Promise<Outcome>,
  unexpected: EndReason,
): [string, Step] {
  return [
    message.name,
    async (json) => {
      const read = readMessage(message, json)
      if (!read.ok) return failed('ConfigInvalid', read.reason)
      try {
        return await run(read.value)
      } catch (error) {
        console.error(error)
        return failed(unexpected, unexpectedMessage(error))
      }
    },
  ]
}

const STEPS = new Map<string, Step>([
  step(fetchMessage, runFetch, 'DatasetUnreachable'),
  step(pullMessage, runPull, 'PullFailed'),
  step(pushMessage, runPush, 'PushFailed'),
  step(scaleMessage, runScaleAdapters, 'ConfigInvalid'),
])

function unexpectedMessage(error: unknown): string {
  if (errorCode(error) === 'ENOSPC') return 'the volume is full; give the workload more disk'
  return error instanceof Error ? error.message : String(error)
}

async function main(name: string, env: NodeJS.ProcessEnv): Promise<number> {
  const run = STEPS.get(name)
  const outcome =
    run === undefined
      ? failed('ConfigInvalid', `there is no step "${name}", only ${[...STEPS.keys()].join(', ')}`)
      : await run(env[fetchMessage.variable])
  const message = terminationMessage(outcome)
  console.log(message)
  const given = env['TERMINATION_LOG']
  // The kubelet makes the file; outside a pod there is none, and the line above says the same.
  const flag = given === undefined ? 'r+' : 'w'
  await writeFile(given ?? '/dev/termination-log', message, { flag }).catch(() => undefined)
  return exitCode(outcome)
}

// Files are for containers with other user ids.
process.umask(0o022)
// As the container's first process a step gets no default signal handling from the kernel.
for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  process.on(signal, () => process.exit(code))
process.exitCode = await main(process.argv[2] ?? '', process.env)
