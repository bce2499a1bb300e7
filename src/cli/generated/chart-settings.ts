import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { settingsSchema } from '#src/api/settings.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { markedPage } from './marked-page.ts'

const CHART = 'charts/kaito-ts'
const SCHEMA = `${CHART}/values.schema.json`
const SOURCE = 'src/api/settings.ts'

/** Settings that the chart writes by itself, from other values. */
const THE_CHARTS_OWN = ['redisUrl', 'webhook']

/** Values that mean something to the chart's templates, in place of the operator's own default. */
const FOR_TEMPLATES: Readonly<Record<string, unknown>> = { 'images.operator': '', catalog: {} }

const settings = Object.entries(settingsSchema.properties).filter(([name]) => !THE_CHARTS_OWN.includes(name))

/** values.schema.json with `settings` as src/api/settings.ts has them; the rest is written by hand. */
export function valuesSchema(): { readonly path: string; readonly content: string } {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', SCHEMA), 'utf8'))
  schema.properties.settings = {
    $comment: `Generated from ${SOURCE} by npm run generate.`,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(settings.map(([name, value]) => [name, closed(value)])),
    required: ['cloud', 'nodeProvisioner', 'images'],
  }
  return { path: SCHEMA, content: `${JSON.stringify(schema, null, 2)}\n` }
}

/** values.yaml with each of them, its default, and what it is as a comment above; the rest is written by hand. */
export const valuesFile = (): { readonly path: string; readonly content: string } =>
  markedPage(
    `${CHART}/values.yaml`,
    SOURCE,
    settings.flatMap(([name, schema]) => lines(name, schema, '  ')),
  )

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

/** A value of the chart, `path` deep. */
function lines(path: string, schema: object, indent: string): string[] {
  const { description, properties, default: ordinary } = { ...EMPTY, ...schema }
  const name = path.slice(path.lastIndexOf('.') + 1)
  const about = wrapped(String(description ?? ''), LINE - indent.length - 2).map((line) => `${indent}# ${line}`)
  if (isJsonObject(properties)) {
    const inner = Object.entries(properties).filter(([, value]) => isJsonObject(value))
    const fields = inner.flatMap(([field, value]) => lines(`${path}.${field}`, Object(value), `${indent}  `))
    return [...about, `${indent}${name}:`, ...fields]
  }
  const value = stringify(path in FOR_TEMPLATES ? FOR_TEMPLATES[path] : ordinary, { collectionStyle: 'flow' })
  return [...about, `${indent}${name}: ${value.trim()}`]
}

const EMPTY = { description: undefined, properties: undefined, default: undefined }
const LINE = 130

/** Lines of whole words, at most so long. */
function wrapped(text: string, most: number): string[] {
  const found: string[] = []
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const last = found.at(-1)
    if (last === undefined || last.length + 1 + word.length > most) found.push(word)
    else found[found.length - 1] = `${last} ${word}`
  }
  return found
}
