import { writeFile } from 'node:fs/promises'
import { errorCode } from '#src/oci/registry-error.ts'
import { readFetchSpec, runFetch } from './fetch/fetch.ts'
import { exitCode, failed, type Outcome, type Reason, terminationMessage } from './outcome.ts'
import { readPullSpec, runPull } from './pull.ts'
import { readPushSpec, runPush } from './push.ts'
import { readScaleSpec, runScaleAdapters } from './scale-adapters.ts'
import { type Fields, readSpec } from './spec.ts'

type Step = (json: string | undefined) => Promise<Outcome>

/** `unexpected` is the reason for what no step foresaw: a full disk, a bug. */
function step<T>(read: (fields: Fields) => T, run: (spec: T) => Promise<Outcome>, unexpected: Reason): Step {
  return async (json) => {
    const spec = readSpec(json, read)
    if (!spec.ok) return failed('ConfigInvalid', spec.message)
    try {
      return await run(spec.spec)
    } catch (error) {
      console.error(error)
      return failed(unexpected, unexpectedMessage(error))
    }
  }
}

const STEPS = new Map<string, Step>([
  ['fetch', step(readFetchSpec, runFetch, 'DatasetUnreachable')],
  ['pull', step(readPullSpec, runPull, 'PullFailed')],
  ['push', step(readPushSpec, runPush, 'PushFailed')],
  ['scale-adapters', step(readScaleSpec, runScaleAdapters, 'ConfigInvalid')],
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
      : await run(env['KAITO_STEP'])
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
