import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { defined } from '#src/lib/defined.ts'

/** Asks once whether something is ready. Never rejects. */
export type Probe = () => Promise<boolean>

/** Something accepts TCP connections there. */
export const tcpProbe =
  (host: string, port: number): Probe =>
  () =>
    new Promise((resolve) => {
      const socket = connect({ host, port, timeout: 1000 })
      const end = (ok: boolean) => {
        socket.destroy()
        resolve(ok)
      }
      socket.once('connect', () => end(true))
      socket.once('error', () => end(false))
      socket.once('timeout', () => end(false))
    })

export interface HttpProbeOptions {
  readonly ca?: string
  readonly token?: string
  readonly accept?: readonly number[]
  /** For a server with a certificate of its own making on a loopback port. */
  readonly insecure?: boolean
}

/** A GET answers with 200 (or one of `accept`). */
export const httpProbe =
  (url: string, options: HttpProbeOptions = {}): Probe =>
  () =>
    new Promise((resolve) => {
      const send = url.startsWith('https:') ? httpsRequest : httpRequest
      const request = send(url, {
        agent: false,
        timeout: 2000,
        ...defined({ ca: options.ca }),
        ...(options.insecure === true ? { rejectUnauthorized: false } : {}),
        ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
      })
      request.on('response', (response) => {
        response.resume()
        resolve((options.accept ?? [200]).includes(response.statusCode ?? 0))
      })
      request.on('timeout', () => request.destroy(new Error('timeout')))
      request.on('error', () => resolve(false))
      request.end()
    })
