import type {
  Static,
  TArray,
  TBoolean,
  TInteger,
  TNumber,
  TObject,
  TOptional,
  TProperties,
  TSchema,
  TString,
  TUnsafe,
} from 'typebox'

/**
 * The only schema constructors this project uses. What they build is plain JSON Schema, legal in a CustomResourceDefinition
 * ("structural"), and carries the exact TypeScript type. The types are TypeBox's; its constructors are not used: their unions
 * and enums become `anyOf`/`const`, and loading them takes 20 MiB of every process for what is one line each here.
 */
export type { Static }

interface Docs {
  readonly description?: string
}
interface Limits {
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
}

export function object<P extends TProperties>(properties: P, docs: Docs = {}): TObject<P> {
  const required = Object.keys(properties).filter((name) => !isOptional(properties[name]))
  return typed({ type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...docs })
}

/** An object in a file of which nothing need be written: absent, it is filled from the defaults of its fields. */
export const group = <P extends TProperties>(properties: P, docs: Docs = {}): TObject<P> =>
  typed({ ...object(properties, docs), default: {} })

/** The same schema; the object that it becomes a property of does not require it. */
export const optional = <S extends TSchema>(schema: S): TOptional<S> => typed({ ...schema, [OPTIONAL]: true })

export const text = (options: Docs & Limits & { readonly default?: string } = {}): TString =>
  typed({ type: 'string', ...options })

export const int = (
  options: Docs & { readonly minimum?: number; readonly maximum?: number; readonly default?: number } = {},
): TInteger => typed({ type: 'integer', ...options })

export const int32 = (options: Docs = {}): TInteger => typed({ type: 'integer', format: 'int32', ...options })

export const number = (options: Docs = {}): TNumber => typed({ type: 'number', ...options })

export const bool = (options: Docs & { readonly default?: boolean } = {}): TBoolean =>
  typed({ type: 'boolean', ...options })

export const listOf = <S extends TSchema>(
  items: S,
  options: Docs & { readonly maxItems?: number; readonly default?: readonly never[] } = {},
): TArray<S> => typed({ type: 'array', items, ...options })

/** A list that server-side apply merges by key, e.g. conditions by `type`. */
export const keyedList = <S extends TSchema>(
  key: string,
  items: S,
  options: Docs & { readonly maxItems?: number } = {},
): TArray<S> => {
  const merged = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] }
  return typed({ type: 'array', items, ...merged, ...options })
}

/** One of a few strings: `enum` with a `type`, as a CRD wants it. */
export const oneOf = <const V extends readonly string[]>(
  values: V,
  options: Docs & { readonly default?: V[number] } = {},
): TUnsafe<V[number]> => typed({ type: 'string', enum: [...values], ...options })

/** A map with string keys: `additionalProperties`, as a CRD wants it. */
export const mapOf = <S extends TSchema>(
  values: S,
  options: Docs & { readonly maxProperties?: number; readonly default?: Readonly<Record<string, never>> } = {},
): TUnsafe<Readonly<Record<string, Static<S>>>> => typed({ type: 'object', additionalProperties: values, ...options })

/** An object whose inside is somebody else's (a pod template, a volume source): kept as it comes. */
export type Foreign = Readonly<Record<string, unknown>>

export const open = (docs: Docs = {}): TUnsafe<Foreign> =>
  typed({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...docs })

/** A CEL rule that the apiserver itself checks, so that no webhook call is needed to refuse. */
export interface CelRule {
  readonly rule: string
  readonly message: string
}

/** The same schema with CEL rules beside it. */
export const withRules = <S extends TSchema>(schema: S, rules: readonly CelRule[]): S => ({
  ...schema,
  'x-kubernetes-validations': rules,
})

/** Not part of the JSON: a mark for the object around it. */
const OPTIONAL = Symbol('optional')

const isOptional = (schema: TSchema | undefined) => schema !== undefined && OPTIONAL in schema

/** Says of a schema which type it has. Everything that builds one is in this file. */
const typed = <T extends TSchema>(schema: object): T => schema as T
