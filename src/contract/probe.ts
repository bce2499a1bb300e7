import { int, optional } from '#src/api/schema-kit.ts'
import { folder, registryFields, word } from './fields.ts'
import { type Body, type EndOf, stepMessage } from './message.ts'

/** Step `probe`: begins an upload to where the adapter will go, and throws it away. */
export const probeMessage = stepMessage('probe', ['PushFailed', 'PushDenied'], {
  image: word(),
  authFile: optional(folder('Docker config with the push secret; without one the probe is anonymous.')),
  patienceSeconds: int({ minimum: 1, description: 'How long a registry that does not answer is asked again.' }),
  ...registryFields,
})

export type ProbeSpec = Body<typeof probeMessage>
export type ProbeEnd = EndOf<typeof probeMessage>
