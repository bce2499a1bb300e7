import type { KeyPair } from './mint.ts'

/** Where a server gets its certificate from: a Secret that we keep (keeper.ts) or mounted files (files.ts). */
export interface CertSource {
  /** What should be served now; undefined until there is something. */
  current(): KeyPair | undefined
  /** Calls back with each new certificate from now on. The returned function ends that. */
  onChange(listener: (certificate: KeyPair) => void): () => void
}

/** Holds the current certificate and tells listeners about a new one, once per certificate. */
export class CertSlot implements CertSource {
  #current: KeyPair | undefined
  readonly #listeners = new Set<(certificate: KeyPair) => void>()

  current(): KeyPair | undefined {
    return this.#current
  }

  onChange(listener: (certificate: KeyPair) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Returns whether the certificate was a new one. */
  put(certificate: KeyPair): boolean {
    if (this.#current?.certificate === certificate.certificate && this.#current.key === certificate.key) return false
    this.#current = certificate
    for (const listener of this.#listeners) listener(certificate)
    return true
  }
}

/** Waits for the first certificate of a source. Rejects with the signal's reason when it aborts before. */
export function firstCertificate(source: CertSource, signal: AbortSignal): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    const there = source.current()
    if (there !== undefined) return resolve(there)
    if (signal.aborted) return reject(signal.reason)
    const onAbort = () => {
      stop()
      reject(signal.reason)
    }
    const stop = source.onChange((certificate) => {
      stop()
      signal.removeEventListener('abort', onAbort)
      resolve(certificate)
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
