import { lora } from './lora.ts'
import type { MethodName, TuningMethod } from './method.ts'
import { qlora } from './qlora.ts'

export const METHOD: Readonly<Record<MethodName, TuningMethod>> = { lora, qlora }

export const METHODS: readonly TuningMethod[] = Object.values(METHOD)

export const METHOD_NAMES: readonly string[] = Object.keys(METHOD)

/** The method of a Workspace that names none. */
export const DEFAULT_METHOD: MethodName = 'lora'

/** The method that a name means, in any case; undefined when there is none. An absent name means the default. */
export function findMethod(name: string | undefined): TuningMethod | undefined {
  const wanted = (name ?? DEFAULT_METHOD).toLowerCase()
  return METHODS.find((method) => method.name === wanted)
}
