import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Clock, pause } from '#src/runtime/clock.ts'

export interface ClientAuthorityOptions {
  /** PEM file of one or more authorities, such as `ca.crt` of a mounted Secret or ConfigMap. */
  readonly file: string
  readonly clock: Clock
  /** The kubelet itself refreshes what is mounted about once a minute: asking more often than that gains little. */
  readonly pollMs: number
  /** New authorities are trusted from now on: feeds the log. */
  readonly trusted: (pem: string) => void
  /** The file could not be used; the authorities that were read before stay trusted. */
  readonly failed: (error: unknown) => void
}

/** The authorities whose certificates callers have to show. The file is read again and again, as FileCertSource does. */
export class ClientAuthority {
  readonly #options: ClientAuthorityOptions
  readonly #isRead = Promise.withResolvers<void>()
  #current: string | undefined

  constructor(options: ClientAuthorityOptions) {
    this.#options = options
  }

  /** PEM, once there is a file to read it from. Waits for ever where there is none: nobody is answered meanwhile. */
  async current(): Promise<string> {
    await this.#isRead.promise
    return this.#current ?? ''
  }

  /** Reads until the signal aborts. Never rejects: what goes wrong is reported and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, failed } = this.#options
    while (!signal.aborted) {
      try {
        await this.read()
      } catch (error) {
        failed(error)
      }
      await pause(clock, pollMs, signal)
    }
  }

  /** Reads once. Rejects when the file is missing, or holds anything but certificates of authorities. */
  async read(): Promise<void> {
    const { file, trusted } = this.#options
    const pem = await readFile(file, 'utf8')
    if (pem === this.#current) return
    const certificates = split(pem)
    if (certificates.length === 0) throw new Error(`${file} holds no certificate`)
    for (const certificate of certificates) {
      const { ca, subject } = new X509Certificate(certificate)
      if (!ca) throw new Error(`${file} holds a certificate that is not of an authority: ${subject}`)
    }
    this.#current = pem
    this.#isRead.resolve()
    trusted(pem)
  }
}

const BEGIN = '-----BEGIN CERTIFICATE-----'

/** Each certificate of a PEM text; what stands before the first one is a comment. */
const split = (pem: string): string[] =>
  pem
    .split(BEGIN)
    .slice(1)
    .map((rest) => BEGIN + rest)
