import { X509Certificate } from 'node:crypto'
import { ClientAuthority } from '#certs/client-authority.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Callers } from '#webhooks/callers.ts'
import type { Wiring } from './wiring.ts'

/** Who may call the webhooks, as it is now and as it becomes. */
export interface ClientTrust {
  /** Waits for the file; rejects when the signal aborts before. */
  current(signal: AbortSignal): Promise<Callers>
  /** Calls back with the PEM of other authorities. */
  onChange(listener: (authority: string) => void): void
  stop(): Promise<void>
}

/** Undefined where everybody who can reach the webhook's port is answered. */
export function wireClientTrust({ config, log }: Wiring, file: string | undefined): ClientTrust | undefined {
  const names = config.settings.webhook.allowedNames
  if (file === undefined) {
    if (names.length > 0) throw new Error('settings.webhook.allowedNames needs --client-ca-file')
    return undefined
  }
  let listener = (_authority: string) => {}
  const authority = new ClientAuthority({
    file,
    clock: systemClock,
    pollMs: 30_000,
    trusted: (pem) => {
      const { subject, validTo } = new X509Certificate(pem)
      log.info({ subject, validTo, names }, 'callers must show a certificate of this authority')
      listener(pem)
    },
    failed: (err) => log.warn({ err, file }, 'the authority of client certificates could not be read; trying again'),
  })
  const abort = new AbortController()
  const running = authority.run(abort.signal)
  return {
    current: async (signal) => {
      const aborted = new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
      return { authority: await Promise.race([authority.current(), aborted]), names }
    },
    onChange: (changed) => {
      listener = changed
    },
    stop: async () => {
      abort.abort()
      await running
    },
  }
}
