import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#src/runtime/clock.ts'
import { pause } from '#src/runtime/clock.ts'
import type { KeyPair } from './mint.ts'
import type { CertObserver } from './observer.ts'
import { CertSlot, type CertSource } from './source.ts'

export interface FileSourceOptions {
  /** A mounted Secret with `tls.crt` and `tls.key`, as cert-manager writes it. */
  readonly directory: string
  readonly clock: Clock
  /** The kubelet itself refreshes mounted Secrets about once a minute: asking more often than that gains little. */
  readonly pollMs: number
  readonly observer: CertObserver
}

/**
 * Certificates that somebody else keeps, read again and again: a mounted Secret changes by a swap of symbolic links,
 * which file watching sees on some file systems only. A pair that does not belong together yet is not served.
 */
export class FileCertSource implements CertSource {
  readonly #options: FileSourceOptions
  readonly #slot = new CertSlot()

  constructor(options: FileSourceOptions) {
    this.#options = options
  }

  current(): KeyPair | undefined {
    return this.#slot.current()
  }

  onChange(listener: (certificate: KeyPair) => void): () => void {
    return this.#slot.onChange(listener)
  }

  /** Reads until the signal aborts. Never rejects: what goes wrong is reported and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.read()
      } catch (error) {
        this.#options.observer.failed(error)
      }
      await pause(this.#options.clock, this.#options.pollMs, signal)
    }
  }

  /** Reads once. Rejects when a file is missing or when the two do not belong together. */
  async read(): Promise<void> {
    const { directory, observer } = this.#options
    const certificate = await readFile(join(directory, 'tls.crt'), 'utf8')
    const key = await readFile(join(directory, 'tls.key'), 'utf8')
    const leaf = new X509Certificate(certificate)
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      throw new Error(`tls.key in ${directory} does not belong to tls.crt`)
    if (this.#slot.put({ certificate, key })) observer.serving({ leafExpires: leaf.validToDate })
  }
}
