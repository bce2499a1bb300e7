import { perObject } from './per-object.ts'

/**
 * The candidate that a misspelt word most likely meant, or undefined when none is near.
 * Near = optimal-string-alignment distance of at most a third of the word (at least 2), ignoring case.
 * Give the same array each time where there is one: what is computed of a list is kept with it.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase()
  const letters = lettersOf(wanted)
  let limit = Math.max(2, Math.floor(word.length / 3))
  let best: string | undefined
  for (const each of prepared(candidates)) {
    if (Math.abs(each.lower.length - wanted.length) > limit) continue
    if (bits(each.letters & ~letters) > limit || bits(letters & ~each.letters) > limit) continue
    const distance = editDistance(wanted, each.lower, limit)
    if (distance > limit) continue
    best = each.name
    // From here on only what is nearer counts; and nothing is nearer than nothing.
    limit = distance - 1
    if (limit < 0) break
  }
  return best
}

/** `did you mean X?`, or the fallback when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(word.slice(0, 200), candidates)
  return near === undefined ? otherwise : `did you mean ${JSON.stringify(near)}?`
}

/**
 * Edits (insert, delete, replace, swap neighbours) that turn a into b; any number above `limit` once it is sure to be more.
 * O(|a|·|b|) time, three rows of memory.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  // What both begin or end with costs nothing; instance types of a cloud share half their names.
  const shorter = Math.min(a.length, b.length)
  let head = 0
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head++
  let tail = 0
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++
  return middleDistance(a.slice(head, a.length - tail), b.slice(head, b.length - tail), limit)
}

function middleDistance(a: string, b: string, limit: number): number {
  if (a === '' || b === '') return a.length + b.length
  const width = b.length + 1
  let beforeLast = new Uint32Array(width)
  let last = Uint32Array.from({ length: width }, (_, j) => j)
  let row = new Uint32Array(width)
  let leastOfLast = 0
  for (let i = 1; i <= a.length; i++) {
    const letter = a.charCodeAt(i - 1)
    row[0] = i
    let least = i
    for (let j = 1; j < width; j++) {
      const other = b.charCodeAt(j - 1)
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (letter === other ? 0 : 1))
      if (i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      }
      row[j] = cost
      if (cost < least) least = cost
    }
    // Each later cell builds on one of these two rows.
    if (least > limit && leastOfLast > limit) return limit + 1
    leastOfLast = least
    ;[beforeLast, last, row] = [last, row, beforeLast]
  }
  return at(last, b.length)
}

const at = (row: Uint32Array, index: number): number => row[index] ?? 0

const prepared = perObject((names: readonly string[]) =>
  names.map((name) => ({ name, lower: name.toLowerCase(), letters: lettersOf(name.toLowerCase()) })),
)

/**
 * Which letters a word has, as bits (some share one). A letter that the other word lacks costs at least one edit, so most
 * candidates are ruled out without a look at the order.
 */
function lettersOf(word: string): number {
  let letters = 0
  for (let index = 0; index < word.length; index++) letters |= 1 << (word.charCodeAt(index) & 31)
  return letters
}

function bits(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}
