import { checkMessage } from './check.ts'
import { fetchMessage } from './fetch.ts'
import { gatewayMessage } from './gateway.ts'
import { probeMessage } from './probe.ts'
import { pullMessage } from './pull.ts'
import { pushMessage } from './push.ts'
import { scaleMessage } from './scale.ts'
import { trainMessage } from './train.ts'

/**
 * Everything that the operator says to a container. A new step is listed here; the compiler then asks for what it does
 * (jobs/steps/index.ts), and the tests for a plan that has it.
 */
export const MESSAGES = [
  fetchMessage,
  checkMessage,
  probeMessage,
  trainMessage,
  pushMessage,
  pullMessage,
  scaleMessage,
  gatewayMessage,
] as const

/** Those to steps that the operator's own image runs. */
export type OperatorStep = Extract<(typeof MESSAGES)[number], { readonly program: string }>
