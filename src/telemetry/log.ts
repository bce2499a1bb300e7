import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { errorFields } from './error-fields.ts'
import { redactFields, redactText } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LoggerOptions {
  readonly level: LogLevel
  /** Put on every line, such as role and version. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Default: stdout. */
  readonly destination?: DestinationStream
}

/**
 * One JSON object per line: `time` (RFC 3339), `level` by name, `msg`, and the fields given. Fields people may rely on:
 * `controller`, `namespace`, `name`, `uid`, `workspace`, `job`, `step`, `tookMs`, and `err` with message and causes.
 * Every line passes the redaction, since errors of other libraries quote URLs and headers.
 */
export function createLog(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { ...options.fields },
    messageKey: 'msg',
    errorKey: 'err',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redactRecord,
    },
    // An Error given alone, or under `err`, has become plain fields in formatters.log before this is asked.
    serializers: { err: (value: unknown) => (value instanceof Error ? errorFields(value) : value) },
    // The formatter above does not see what a child logger was made with.
    redact: { paths: ['token', 'password', 'secret', 'authorization', 'apiKey', 'headers'], censor: '[redacted]' },
    hooks: { streamWrite: redactText },
  }
  return pino(settings, options.destination ?? stdout())
}

/**
 * Lines are written beside the work, a few at a time and at the latest after a quarter of a second: a slow reader of the
 * log must not hold up admissions. What it leaves lying beyond 8 MiB is dropped; pino writes the rest when the process exits.
 */
const stdout = (): DestinationStream =>
  destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 250, maxLength: 8 * 1024 * 1024 })

function redactRecord(fields: Record<string, unknown>): Record<string, unknown> {
  const kept = redactFields(fields)
  return typeof kept === 'object' && kept !== null ? { ...kept } : {}
}
