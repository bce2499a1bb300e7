/** What became of one kind of attack. */
export interface Tally {
  readonly attack: string
  readonly tried: number
  /** What got through, in words; the rest was held. */
  readonly lost: readonly string[]
  /** What was measured besides. */
  readonly measured?: string
}
