import { RESERVED_SELECTOR_KEYS } from './labels.ts'
import type { LabelSelector } from './resource.ts'

/** Every label that a selector asks for: matchLabels, and every `In` with one value. */
export function askedLabels(selector: LabelSelector | undefined): Readonly<Record<string, string>> {
  const labels = new Map(Object.entries(selector?.matchLabels ?? {}))
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const value = values?.length === 1 ? values[0] : undefined
    if (operator === 'In' && value !== undefined) labels.set(key, value)
  }
  return Object.fromEntries(labels)
}

/**
 * The labels that a node must have, and that a new one gets: what the selector asks for without the labels that mean
 * ownership. With those a Workspace could select, or name its node as, another one's.
 */
export const nodeLabels = (selector: LabelSelector | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(askedLabels(selector)).filter(([key]) => !isReservedKey(key)))

/** Does a label of this key say whose a node is? */
export const isReservedKey = (key: string): boolean => RESERVED_SELECTOR_KEYS.includes(key)
