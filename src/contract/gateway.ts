import { int, listOf, number, oneOf, text } from '#src/api/schema-kit.ts'
import { word } from './fields.ts'
import { type Body, message } from './message.ts'

const seconds = (description: string) => ({ ...number({ description }), minimum: 0 })
const port = (description: string) => int({ minimum: 0, maximum: 65_535, description })

/** The sidecar of a serving pod. Times are in seconds. */
export const gatewayMessage = message(
  { name: 'gateway', variable: 'KAITO_GATEWAY', program: undefined, ends: [] },
  {
    port: port('0 for any that is free.'),
    upstream: text({ pattern: '^http://[^/]+$', description: 'The engine, for example http://127.0.0.1:8000.' }),
    baseModel: word(),
    adapters: listOf(text(), { description: 'Names that the engine serves adapters under.' }),
    allowedOrigins: listOf(text(), {
      description: 'Origins of pages that may read answers in a browser; "*" for any.',
    }),
    apiKeys: text({ description: 'Folder of API keys, a file for each caller. Empty: everybody is answered.' }),
    maxRequests: int({
      minimum: 1,
      description: 'Requests that are worked on or wait, at most; others are told to come back.',
    }),
    answerSeconds: seconds('Longest silence of the engine within one answer; also the wait for its first byte.'),
    drainSeconds: seconds(
      'After SIGTERM: how long to keep accepting, since endpoints take a moment to forget the pod.',
    ),
    graceSeconds: seconds('After that: how long to let answers end.'),
    lifelinePort: port(
      'On the loopback, open until the process ends: whoever must outlive it waits for that. 0 for none.',
    ),
    logLevel: oneOf(['debug', 'info', 'warn', 'error', 'silent']),
  },
)

export type GatewayConfig = Body<typeof gatewayMessage>
