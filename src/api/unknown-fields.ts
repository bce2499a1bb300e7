import { isJsonObject } from '#src/lib/json.ts'
import { nearest } from '#src/lib/nearest.ts'
import type { ShapeFault } from './validate.ts'
import { workspaceSchema } from './workspace.ts'

/** As much of a schema as says which fields there are. */
interface Fields {
  readonly properties?: Readonly<Record<string, Fields>>
  readonly items?: Fields
  readonly additionalProperties?: Fields
}

/**
 * Fields of a Workspace that the CRD does not have. `kubectl apply` refuses them before any webhook is asked; where an API
 * server drops them instead, the webhook never sees them. What is Kubernetes' own (metadata) is not looked into.
 */
export function unknownFields(workspace: Readonly<Record<string, unknown>>): readonly ShapeFault[] {
  return within(workspaceSchema as Fields, workspace, '')
}

function within(schema: Fields, value: unknown, path: string): readonly ShapeFault[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((item, index) => within(items, item, `${path}[${index}]`))
  }
  if (!isJsonObject(value)) return []
  const { properties, additionalProperties } = schema
  return Object.entries(value).flatMap(([key, inside]) => {
    const here = path === '' ? key : `${path}.${key}`
    const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
    if (known !== undefined) return within(known, inside, here)
    return properties === undefined ? [] : [{ path: here, detail: unknown(key, Object.keys(properties)) }]
  })
}

function unknown(key: string, fields: readonly string[]): string {
  const near = nearest(key, fields)
  return `there is no such field; ${near === undefined ? `there are ${fields.join(', ')}` : `did you mean ${near}?`}`
}
