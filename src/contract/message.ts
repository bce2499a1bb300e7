import type { Static, TProperties } from 'typebox'
import { object } from '#src/api/schema-kit.ts'

/**
 * The version of everything that the operator and the pods it starts say to each other. Operator, trainer and server images
 * are set separately, so two releases may meet: whoever reads another version says so and does nothing else. Raise it
 * with every change that an older reader would misunderstand.
 */
export const CONTRACT_VERSION = 1

/** A message that the operator hands to a container in one environment variable, as one JSON object. */
export interface Message<P extends TProperties = TProperties> {
  /** For people: what the container is. */
  readonly name: string
  readonly variable: 'KAITO_STEP' | 'KAITO_GATEWAY'
  /** What the operator's image runs for it, with the name as argument; undefined where the image has its own program. */
  readonly program?: string
  readonly schema: ReturnType<typeof object<P>> & { readonly additionalProperties: false }
}

/** What a message carries. */
export type Body<M> = M extends Message<infer P> ? Static<ReturnType<typeof object<P>>> : never

export const message = <P extends TProperties>(
  name: string,
  variable: Message['variable'],
  properties: P,
): Message<P> => ({ name, variable, schema: { ...object(properties), additionalProperties: false } })

/** A message to a step that the operator's own image runs. */
export const stepMessage = <P extends TProperties>(name: string, properties: P): Message<P> => ({
  ...message(name, 'KAITO_STEP', properties),
  program: 'jobs/steps/main.ts',
})

/** The JSON of a message, with the version in front. */
export const writeMessage = <P extends TProperties>(_: Message<P>, body: Body<Message<P>>): string =>
  JSON.stringify({ contract: CONTRACT_VERSION, ...body })
