import type { Logger } from 'pino'
import type { Config } from '#src/config.ts'
import type { Metrics } from '#src/telemetry/metrics.ts'

/** What every part of the operator is built with. */
export interface Wiring {
  readonly config: Config
  readonly log: Logger
  readonly metrics: Metrics
}
