/** Polls until the answer is neither undefined nor false, and gives it. Throws after the time is up. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Polls until the answer has been the same for `quietMs`, and gives it. Throws when it never is. */
export async function settled<T>(
  what: string,
  look: () => Promise<T>,
  quietMs = 2_000,
  timeoutMs = 30_000,
): Promise<T> {
  let last = await look()
  let since = Date.now()
  return eventually(
    `${what} rests`,
    async () => {
      const now = await look()
      if (JSON.stringify(now) !== JSON.stringify(last)) since = Date.now()
      last = now
      return Date.now() - since >= quietMs ? { now } : undefined
    },
    timeoutMs,
  ).then(({ now }) => now)
}
