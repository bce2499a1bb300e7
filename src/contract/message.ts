import type { Static, TProperties } from 'typebox'
import { object } from '#src/api/schema-kit.ts'
import type { EndReason } from './ends.ts'

/**
 * The version of everything that the operator and the pods it starts say to each other. Operator, trainer and server images
 * are set separately, so two releases may meet: whoever reads another version says so and does nothing else. Raise it
 * with every change that an older reader would misunderstand.
 */
export const CONTRACT_VERSION = 1

type Program = 'jobs/steps/main.ts' | undefined

/** Whom a message is for, and how they may fail. */
interface Addressee<N extends string, R extends EndReason, O extends Program> {
  /** What the container does, and in most pods what it is called. */
  readonly name: N
  readonly variable: 'KAITO_STEP' | 'KAITO_GATEWAY'
  /** What the operator's image runs for a step, with its name as argument. */
  readonly program: O
  /** How it may end but well; nothing for what serves until it is told to stop. */
  readonly ends: readonly R[]
}

/** A message that the operator hands to a container in one environment variable, as one JSON object. */
export interface Message<
  P extends TProperties = TProperties,
  N extends string = string,
  R extends EndReason = EndReason,
  O extends Program = Program,
> extends Addressee<N, R, O> {
  readonly schema: ReturnType<typeof object<P>> & { readonly additionalProperties: false }
}

/** A message to a step that the operator's own image runs; `jobs/steps/index.ts` has what it does. */
export type StepMessage<P extends TProperties, N extends string, R extends EndReason> = Message<
  P,
  N,
  R,
  NonNullable<Program>
>

/** What a message carries. */
export type Body<M> = M extends Message<infer P> ? Static<ReturnType<typeof object<P>>> : never

/** How a step may fail. */
export type EndOf<M extends { readonly ends: readonly EndReason[] }> = M['ends'][number]

export const message = <P extends TProperties, N extends string, R extends EndReason, O extends Program = undefined>(
  to: Addressee<N, R, O>,
  properties: P,
): Message<P, N, R, O> => ({ ...to, schema: { ...object(properties), additionalProperties: false } })

/** The message of a step of the operator's image. `ends` are its own; that its input is wrong any step may say. */
export const stepMessage = <P extends TProperties, N extends string, R extends EndReason>(
  name: N,
  ends: readonly R[],
  properties: P,
): StepMessage<P, N, R | 'ConfigInvalid'> =>
  message({ name, variable: 'KAITO_STEP', program: 'jobs/steps/main.ts', ends: ['ConfigInvalid', ...ends] }, properties)

/** The JSON of a message, with the version in front. */
export const writeMessage = <P extends TProperties>(_: Message<P>, body: Body<Message<P>>): string =>
  JSON.stringify({ contract: CONTRACT_VERSION, ...body })
