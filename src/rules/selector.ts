import type { LabelSelector } from '#src/api/resource.ts'

/** A label selector as the labels it asks for: matchLabels, and every `In` with one value. */
export function selectorLabels(selector: LabelSelector | undefined): Readonly<Record<string, string>> {
  const labels = new Map(Object.entries(selector?.matchLabels ?? {}))
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const value = values?.length === 1 ? values[0] : undefined
    if (operator === 'In' && value !== undefined) labels.set(key, value)
  }
  return Object.fromEntries(labels)
}
