import { writeFile } from 'node:fs/promises'
import { STEPS } from './index.ts'
import { exitCode, failed, terminationMessage } from './outcome.ts'

/** A step that only looks (`finding`) has done its work whatever it finds: then others in its pod go on. */
async function main([name = '', mode]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const step = Object.values(STEPS).find((each) => each.name === name)
  const outcome =
    step === undefined
      ? failed('ConfigInvalid', `there is no step "${name}", only ${Object.keys(STEPS).join(', ')}`)
      : await step.run(env['KAITO_STEP'])
  const message = terminationMessage(outcome)
  console.log(message)
  const given = env['TERMINATION_LOG']
  // The kubelet makes the file; outside a pod there is none, and the line above says the same.
  const flag = given === undefined ? 'r+' : 'w'
  await writeFile(given ?? '/dev/termination-log', message, { flag }).catch(() => undefined)
  return mode === 'finding' ? 0 : exitCode(outcome)
}

// Files are for containers with other user ids.
process.umask(0o022)
// As the container's first process a step gets no default signal handling from the kernel.
for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  process.on(signal, () => process.exit(code))
process.exitCode = await main(process.argv.slice(2), process.env)
