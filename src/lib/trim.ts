/**
 * A text without these characters at its end. Not by `/x+$/`: on a long run of x that is not at the end, such an expression
 * looks at the run once for each of its characters.
 */
export function trimEnd(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The same at both ends. */
export function trimBoth(text: string, characters: string): string {
  const kept = trimEnd(text, characters)
  let start = 0
  while (start < kept.length && characters.includes(kept.charAt(start))) start++
  return kept.slice(start)
}
