import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Who gets answers: whoever shows a certificate of one of these authorities, and of one of these names where there are any. */
export interface Callers {
  /** PEM of one or more authorities. */
  readonly authority: string
  /** Common names, as they stand in the certificate's subject. Empty: any. */
  readonly names: readonly string[]
}

/**
 * Why a caller on this connection gets no answer, for the log; undefined for one who does.
 *
 * That a certificate is there is asked for itself, so that nothing hangs on what Node calls a resumed session without one.
 */
export function strangeness(socket: Socket, names: Callers['names']): string | undefined {
  const known = judged.get(socket)
  if (known !== undefined) return known.why
  const why = judge(socket, names)
  judged.set(socket, { why })
  return why
}

/** Once for a connection: reading a certificate costs as much as a quick rule. */
const judged = new WeakMap<Socket, { readonly why: string | undefined }>()

function judge(socket: Socket, names: Callers['names']): string | undefined {
  if (!(socket instanceof TLSSocket)) return 'the caller does not speak TLS'
  if (socket.getPeerX509Certificate() === undefined) return 'the caller has no client certificate'
  if (!socket.authorized) return `the client certificate is not accepted: ${socket.authorizationError}`
  if (names.length === 0) return undefined
  // With two of them in a subject it is a list, and nobody's name.
  const name: unknown = socket.getPeerCertificate().subject.CN
  if (typeof name === 'string' && names.includes(name)) return undefined
  return `the client certificate is of ${JSON.stringify(name)?.slice(0, 256)}, who is not in webhook.clientAuth.allowedNames`
}
