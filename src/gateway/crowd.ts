/** Counts the requests that the engine works on or has in its queue, and says when there are too many of them. */
export interface Crowd {
  /** Lets one more in, or says after how many seconds to come back. Whoever is in says once that it has left. */
  enter(): { readonly leave: () => void } | { readonly retryAfter: number }
}

/**
 * At most `most` at a time. An engine that takes whatever comes answers all of them late, and none in time; whoever is told at
 * once may ask another replica.
 */
export function openCrowd(most: number, now: () => number = () => performance.now()): Crowd {
  let inside = 0
  let seconds = 1
  return {
    enter() {
      if (inside >= most) return { retryAfter: Math.min(60, Math.max(1, Math.ceil(seconds))) }
      inside++
      const since = now()
      let isInside = true
      return {
        leave() {
          if (!isInside) return
          isInside = false
          inside--
          // An eighth of the newest: what one answer takes is no news, what all take for a while is.
          seconds += ((now() - since) / 1000 - seconds) / 8
        },
      }
    },
  }
}
