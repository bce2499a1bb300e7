import { describe, expect, it } from 'vitest'
import { workspaceCrd } from '#src/api/crd.ts'
import { isJsonObject } from '#src/lib/json.ts'

/** Every field below a schema that says nothing of itself: `status.tuning.step`. */
function undescribed(schema: unknown, path: string): string[] {
  if (!isJsonObject(schema)) return []
  const { properties, items, additionalProperties } = schema
  const fields = isJsonObject(properties) ? Object.entries(properties) : []
  return [
    ...fields.flatMap(([name, field]) => {
      const here = path === '' ? name : `${path}.${name}`
      const isSilent =
        !isJsonObject(field) || typeof field['description'] !== 'string' || field['description'].length < 5
      return [...(isSilent ? [here] : []), ...undescribed(field, here)]
    }),
    ...undescribed(items, `${path}[]`),
    ...undescribed(additionalProperties, `${path}{}`),
  ]
}

describe('kubectl explain', () => {
  const crd = JSON.parse(JSON.stringify(workspaceCrd()))
  const { properties } = crd.spec.versions[0].schema.openAPIV3Schema

  it.for(['resource', 'inference', 'tuning', 'status'])('has a sentence for each field of %s', (part) => {
    expect(undescribed({ properties: { [part]: properties[part] } }, '')).toEqual([])
  })
})
