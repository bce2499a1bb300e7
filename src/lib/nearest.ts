/**
 * The candidate that a misspelt word most likely meant, or undefined when none is near.
 * Near = optimal-string-alignment distance of at most a third of the word (at least 2), ignoring case.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let limit = Math.max(2, Math.floor(word.length / 3))
  let best: string | undefined
  for (const name of candidates) {
    if (Math.abs(name.length - word.length) > limit) continue
    const distance = editDistance(wanted, name.toLowerCase(), limit)
    if (distance > limit) continue
    best = name
    // From here on only what is nearer counts; and nothing is nearer than nothing.
    limit = distance - 1
    if (limit < 0) break
  }
  return best
}

/** `did you mean X?`, or the fallback when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>, otherwise: string): string {
  const near = nearest(word.slice(0, 200), candidates)
  return near === undefined ? otherwise : `did you mean ${JSON.stringify(near)}?`
}

/**
 * Edits (insert, delete, replace, swap neighbours) that turn a into b; any number above `limit` once it is sure to be more.
 * O(|a|·|b|) time, three rows of memory.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    // Each later cell builds on one of these two rows.
    if (Math.min(...row) > limit && Math.min(...last) > limit) return limit + 1
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
