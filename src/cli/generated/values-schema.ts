import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsSchema } from '#src/api/settings.ts'
import { isJsonObject } from '#src/lib/json.ts'

const FILE = 'charts/kaito-ts/values.schema.json'

/** Settings that the chart writes by itself, from other values. */
const THE_CHARTS_OWN = ['redisUrl', 'webhook']

/** charts/kaito-ts/values.schema.json with `settings` as src/api/settings.ts has them; the rest is written by hand. */
export function valuesSchema(): { readonly path: string; readonly content: string } {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', FILE), 'utf8'))
  const properties = Object.entries(settingsSchema.properties).filter(([name]) => !THE_CHARTS_OWN.includes(name))
  schema.properties.settings = {
    $comment: 'Generated from src/api/settings.ts by npm run generate.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties.map(([name, value]) => [name, closed(value)])),
    required: ['cloud', 'nodeProvisioner', 'images'],
  }
  return { path: FILE, content: `${JSON.stringify(schema, null, 2)}\n` }
}

/** A schema without its words and defaults, which values.yaml has, and with no other fields than it names. */
function closed(schema: object): object {
  const kept = Object.entries(schema).filter(([key]) => !LEFT_OUT.includes(key))
  const properties: unknown = Reflect.get(schema, 'properties')
  if (!isJsonObject(properties)) return Object.fromEntries(kept)
  const inner = Object.entries(properties).map(([name, value]) => [name, isJsonObject(value) ? closed(value) : value])
  // Groups are filled from their defaults, so none of their fields is required.
  const rest = kept.filter(([key]) => key !== 'required' && key !== 'properties')
  return { ...Object.fromEntries(rest), additionalProperties: false, properties: Object.fromEntries(inner) }
}

const LEFT_OUT = ['description', 'default', 'x-kubernetes-preserve-unknown-fields']
