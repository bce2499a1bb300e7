import Type, { type Static, type TSchema, type TUnsafe } from 'typebox'

/**
 * The only schema constructors this project uses. What they build is legal in a CustomResourceDefinition ("structural")
 * and carries the exact TypeScript type. Raw TypeBox is not: its unions and enums become `anyOf`/`const`.
 */
export type { Static }

type Docs = { readonly description?: string }
type Limits = { readonly maxLength?: number; readonly minLength?: number; readonly pattern?: string }

export const object = <P extends Record<string, TSchema>>(properties: P, docs: Docs = {}) =>
  Type.Object(properties, { ...docs })

export const optional = <S extends TSchema>(schema: S) => Type.Optional(schema)

export const text = (options: Docs & Limits & { readonly default?: string } = {}) => Type.String({ ...options })

export const int = (
  options: Docs & { readonly minimum?: number; readonly maximum?: number; readonly default?: number } = {},
) => Type.Integer({ ...options })

export const int32 = (options: Docs = {}) => Type.Integer({ format: 'int32', ...options })

export const number = (options: Docs = {}) => Type.Number({ ...options })

export const bool = (options: Docs = {}) => Type.Boolean({ ...options })

export const listOf = <S extends TSchema>(items: S, options: Docs & { readonly maxItems?: number } = {}) =>
  Type.Array(items, { ...options })

/** A list that server-side apply merges by key, e.g. conditions by `type`. */
export const keyedList = <S extends TSchema>(key: string, items: S, options: Docs = {}) =>
  Type.Array(items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key], ...options })

/** One of a few strings: `enum` with a `type`, as a CRD wants it. */
export const oneOf = <const V extends readonly string[]>(
  values: V,
  options: Docs & { readonly default?: V[number] } = {},
) => Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options })

/** A map with string keys: `additionalProperties`, as a CRD wants it. */
export const mapOf = <S extends TSchema>(values: S, docs: Docs = {}): TUnsafe<Readonly<Record<string, Static<S>>>> =>
  Type.Unsafe<Readonly<Record<string, Static<S>>>>({ type: 'object', additionalProperties: values, ...docs })

/** An object whose inside is somebody else's (a pod template, a volume source): kept as it comes. */
export const open = (docs: Docs = {}): TUnsafe<Readonly<Record<string, unknown>>> =>
  Type.Unsafe<Readonly<Record<string, unknown>>>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...docs,
  })

/** A CEL rule that the apiserver itself checks, so that no webhook call is needed to refuse. */
export type CelRule = { readonly rule: string; readonly message: string }

/** The same schema with CEL rules beside it. */
export const withRules = <S extends TSchema>(schema: S, rules: readonly CelRule[]): S => ({
  ...schema,
  'x-kubernetes-validations': rules,
})
