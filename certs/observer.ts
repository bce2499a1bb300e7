import type { RotationStep } from './rotation.ts'

/** What certs/ tells the outside: metrics, log lines, Events. Implementations must not throw. */
export interface CertObserver {
  /** A certificate has been taken into service: feeds the expiry gauges. */
  serving(certificate: { readonly leafExpires: Date; readonly authorityExpires?: Date }): void
  /** The Secret has been changed by this process. */
  changed(change: RotationStep | 'create', reason: string): void
  /** An attempt failed and will be repeated. */
  failed(error: unknown): void
}
