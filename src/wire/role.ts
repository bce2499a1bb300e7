import type { Component } from '#src/runtime/lifecycle.ts'
import type { Check } from '#src/telemetry/health.ts'

export const ROLES = ['webhook', 'reconciler'] as const

/**
 * What a process is there for. In a cluster each role has processes of its own (docs/adr/0013): what admission is sent cannot
 * hold up a reconcile, and neither has the other's rights.
 */
export type ProcessRole = (typeof ROLES)[number]

/** What one role adds to a process: its components, in the order in which they start, and what its health is. */
export interface Part {
  readonly components: readonly Component[]
  readonly live?: readonly Check[]
  readonly ready: readonly Check[]
  readonly notes?: readonly Check[]
}
