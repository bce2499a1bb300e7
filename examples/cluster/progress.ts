/** Receives one finished line for a human; the line has no newline. */
export type Progress = (line: string) => void

/** Drops every line: the default for integration tests. */
export const silent: Progress = () => {}

/** Writes lines to stderr with the seconds since the first one, so that stdout stays usable in pipes. */
export function toStderr(now: () => number = Date.now): Progress {
  const start = now()
  return (line) => {
    const seconds = ((now() - start) / 1000).toFixed(1).padStart(6)
    process.stderr.write(`${seconds}s  ${line}\n`)
  }
}

/** Runs work, repeating "still …" every 30 s so that a long build does not look stuck. Returns the result. */
export async function withHeartbeat<T>(progress: Progress, what: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now()
  const beat = setInterval(() => progress(`  still ${what} (${Math.round((Date.now() - start) / 1000)} s)`), 30_000)
  try {
    return await work()
  } finally {
    clearInterval(beat)
  }
}
