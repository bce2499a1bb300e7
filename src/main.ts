import { parseArgs } from 'node:util'
import { defined } from '#src/lib/defined.ts'
import { loadConfig } from './config.ts'
import { createLog } from './telemetry/log.ts'
import { wireOperator } from './wire/operator.ts'

/** `node src/main.ts operator [--settings FILE] [--cert-dir DIR]`: reconciler, webhooks and tuning worker in one process. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { settings: { type: 'string' }, 'cert-dir': { type: 'string' } },
})

if (positionals[0] !== 'operator') {
  process.stderr.write('usage: node src/main.ts operator [--settings FILE] [--cert-dir DIR]\n')
  process.exit(64)
}

const config = loadConfig(values.settings, process.env)
const log = createLog({ level: config.logLevel, fields: { instance: config.instance } })
const certDir = values['cert-dir']

let isStopping = false
const stop = async (why: string, code: number) => {
  if (isStopping) return
  isStopping = true
  log.info({ why }, 'stopping')
  const overdue = await operator.stop()
  if (overdue.length > 0) log.warn({ overdue }, 'some parts did not stop in time')
  process.exit(code)
}

const operator = wireOperator({
  config,
  log,
  onLost: () => stop('leadership lost', 1),
  ...defined({ certDir }),
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
