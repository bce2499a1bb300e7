import { parseArgs } from 'node:util'
import { type Progress, toStderr } from '#examples/cluster/progress.ts'
import { defined } from '#src/lib/defined.ts'
import { quickstart } from './chapters.ts'
import { closePlace } from './place.ts'
import { createScreen } from './screen.ts'

const USAGE = `usage: npm run quickstart [-- options]
  (none)                 the whole story on an embedded one-node cluster; again is fast
  --down                 end the embedded cluster; nothing of it keeps running
  --purge                with --down: delete its data, too (binaries and image layers stay cached)
  --kubeconfig FILE      use this cluster instead; needs --registry HOST[/PATH], and nodes with the YAML's labels
  --registry HOST[/PATH] --registry-user USER --registry-password PASSWORD
  --registry-push-url URL  how this machine reaches it (default https://HOST; http:// for one without TLS)
  --json FILE            also write what happened and how long it took to FILE`

const options = {
  down: { type: 'boolean', default: false },
  purge: { type: 'boolean', default: false },
  kubeconfig: { type: 'string' },
  registry: { type: 'string' },
  'registry-user': { type: 'string' },
  'registry-password': { type: 'string' },
  'registry-push-url': { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const values = optionsGiven()

const progress: Progress = toStderr()

/** Ctrl-C ends what was begun: a half-built cluster is of no use and would go on running. */
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    if (isInterrupted) process.exit(130)
    isInterrupted = true
    progress(`${signal}: ending the embedded cluster (once more to leave at once)`)
    if (values.kubeconfig === undefined) await closePlace(progress).catch((error: unknown) => progress(String(error)))
    process.exit(130)
  })
}

try {
  if (values.help) console.log(USAGE)
  else if (values.down) await closePlace(progress, values.purge)
  else await tell()
} catch (error) {
  if (!isInterrupted) {
    console.error(`\nThe quickstart stopped: ${error instanceof Error ? error.message : String(error)}`)
    console.error(
      'What is running stays for a look (npm run quickstart -- --down ends it); the same command goes on from here.',
    )
    process.exitCode = 1
  }
}

/** What was asked for; a misspelt option must not start the whole story. */
function optionsGiven() {
  try {
    const { values: given } = parseArgs({ options })
    const other = Object.keys(given).find((name) => name.startsWith('registry'))
    if (other !== undefined && given.kubeconfig === undefined)
      throw new Error(`--${other} is for a cluster of yours: name it with --kubeconfig`)
    if (given.kubeconfig !== undefined && given.down)
      throw new Error('--down ends the embedded cluster only: leave --kubeconfig out')
    return given
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(64)
  }
}

async function tell(): Promise<void> {
  const { kubeconfig, registry } = values
  await quickstart({
    screen: createScreen(),
    place: {
      progress,
      ...defined({ kubeconfig, registry }),
      ...(values['registry-user'] === undefined ? {} : { registryUser: values['registry-user'] }),
      ...(values['registry-push-url'] === undefined ? {} : { registryPushUrl: values['registry-push-url'] }),
      ...(values['registry-password'] === undefined ? {} : { registryPassword: values['registry-password'] }),
    },
    ...defined({ json: values.json }),
  })
}
