import { distance } from 'fastest-levenshtein'
import { perObject } from './per-object.ts'

/**
 * The candidate that a misspelt word most likely meant, or undefined when none is near.
 * Near = at most a third of the word's letters inserted, deleted or replaced (at least 2), ignoring case.
 * Give the same array each time where there is one: what is computed of a list is kept with it.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase()
  let limit = Math.max(2, Math.floor(word.length / 3))
  let best: string | undefined
  for (const { name, lower } of prepared(candidates)) {
    // Each letter that one has more than the other is an edit.
    if (Math.abs(lower.length - wanted.length) > limit) continue
    const edits = distance(wanted, lower)
    if (edits > limit) continue
    best = name
    // From here on only what is nearer counts; and nothing is nearer than nothing.
    limit = edits - 1
    if (limit < 0) break
  }
  return best
}

/** `did you mean X?`, or the fallback when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(word.slice(0, 200), candidates)
  return near === undefined ? otherwise : `did you mean ${JSON.stringify(near)}?`
}

const prepared = perObject((names: readonly string[]) => names.map((name) => ({ name, lower: name.toLowerCase() })))
