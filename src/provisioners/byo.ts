import type { Provisioner } from './provisioner.ts'

/** Nodes that somebody else made: they are found by labels, and by what they say of themselves. */
export const byo: Provisioner = { name: 'byo', how: 'existing nodes are used', needs: [] }
