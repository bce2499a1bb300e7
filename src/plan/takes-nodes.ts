import type { Plan } from './plan.ts'

/** Does a plan take nodes, new ones or some that exist? */
export const takesNodes = ({ apply, enqueue }: Plan): boolean =>
  enqueue !== undefined || apply.some(({ kind }) => kind === 'NodeClaim' || kind === 'StatefulSet')

/** Is there something else to wait for before any node is asked for? */
export const asksForNoNode = ({ status }: Plan): boolean => {
  const reason = status?.conditions?.find(({ type }) => type === 'ResourceReady')?.reason
  return reason !== undefined && UNCLEAR.includes(reason)
}

/** Reasons of an intent that is not clear. */
const UNCLEAR: readonly string[] = [
  'NotPrechecked',
  'ConfigInvalid',
  'SecretMissing',
  'NotAllowed',
  'BaseModelUnavailable',
]
