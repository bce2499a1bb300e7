/** What a download must keep up with: a host that drips must not hold a node that is paid for. */
export interface Pace {
  /** For what comes before the first bytes, and for a host that is slow for a while. */
  readonly graceMs: number
  readonly bytesPerSecond: number
}

/** A hundredth of a slow line. Ten gigabytes may take a week by it, which the run's own deadline does not give. */
export const LEAST_PACE: Pace = { graceMs: 300_000, bytesPerSecond: 16_384 }

/** Has it taken too long for so many bytes? Those that were thrown away, because the host began another version, do not count. */
export const isTooSlow = (bytes: number, tookMs: number, { graceMs, bytesPerSecond }: Pace): boolean =>
  tookMs > graceMs + (bytes / bytesPerSecond) * 1000
