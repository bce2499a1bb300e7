import { parseArgs } from 'node:util'
import { defined } from '#src/lib/defined.ts'
import { loadConfig } from './config.ts'
import { createLog } from './telemetry/log.ts'
import { wireOperator } from './wire/operator.ts'
import { ROLES } from './wire/role.ts'

const USAGE =
  'node src/main.ts operator [webhook|reconciler] [--settings FILE] [--cert-dir DIR] [--client-ca-file FILE]'

/** One role of the operator; without a role both in one process, for a try outside a cluster. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { settings: { type: 'string' }, 'cert-dir': { type: 'string' }, 'client-ca-file': { type: 'string' } },
})

const [command, ...named] = positionals
const roles = named.length === 0 ? ROLES : ROLES.filter((role) => role === named[0])
if (command !== 'operator' || named.length > 1 || roles.length === 0) {
  process.stderr.write(`usage: ${USAGE}\n`)
  process.exit(64)
}

const config = loadConfig(values.settings, process.env)
const log = createLog({ level: config.logLevel, fields: { instance: config.instance } })
const files = defined({ certDir: values['cert-dir'], clientCaFile: values['client-ca-file'] })

let isStopping = false
const stop = async (why: string, code: number) => {
  if (isStopping) return
  isStopping = true
  log.info({ why }, 'stopping')
  const overdue = await operator.stop()
  if (overdue.length > 0) log.warn({ overdue }, 'some parts did not stop in time')
  process.exit(code)
}

const operator = await wireOperator({
  config,
  log,
  roles,
  files,
  onLost: () => stop('leadership lost', 1),
})

process.on('SIGTERM', () => stop('SIGTERM', 0))
process.on('SIGINT', () => stop('SIGINT', 0))
// A bug must be seen and must not leave half a process behind: end, and let the Deployment start a fresh one.
process.on('unhandledRejection', (err) => {
  log.fatal({ err }, 'unhandled rejection')
  stop('unhandled rejection', 1)
})

try {
  await operator.start()
  log.info('started')
} catch (err) {
  log.fatal({ err }, 'could not start')
  stop('could not start', 1)
}
