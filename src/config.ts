import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { parse } from 'yaml'
import { defined } from '#src/lib/defined.ts'
import { type Settings, settingsSchema } from './api/settings.ts'
import { builtInCatalog } from './catalog/built-in.ts'
import type { Catalog } from './catalog/catalog.ts'
import { applyOverlay, type CatalogOverlay, catalogOverlaySchema } from './catalog/overlay.ts'

/** Where this process runs and what it was given: the only reader of environment variables. */
export interface Config {
  readonly settings: Settings
  readonly catalog: Catalog
  /** This pod's name, or a stand-in outside a cluster. */
  readonly instance: string
  /** The namespace that the operator runs in. */
  readonly namespace: string
  readonly kubeconfig?: string
  /** URL of the API server of the cluster that this process is a pod of. */
  readonly apiServer?: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly healthPort: number
}

type Env = Readonly<Record<string, string | undefined>>

/** Reads the settings file (YAML; absent = all defaults) and the environment. Throws an Error that lists every problem. */
export function loadConfig(settingsPath: string | undefined, env: Env): Config {
  const text = settingsPath === undefined ? '' : readFileSync(settingsPath, 'utf8')
  const settings = parseSettings(text, env['KAITO_REDIS_URL'])
  const kubeconfig = env['KAITO_KUBECONFIG']
  const apiServer = apiServerOf(env)
  return {
    settings,
    catalog: withOverlay(settings),
    instance: env['POD_NAME'] ?? `local-${process.pid}`,
    namespace: env['POD_NAMESPACE'] ?? 'kaito-system',
    logLevel: levelOf(env['KAITO_LOG_LEVEL']),
    healthPort: portOf('KAITO_HEALTH_PORT', env['KAITO_HEALTH_PORT'] ?? '8081'),
    ...defined({ kubeconfig, apiServer }),
  }
}

/** As the kubelet tells every container; an IPv6 address comes without brackets. */
function apiServerOf(env: Env): string | undefined {
  const host = env['KUBERNETES_SERVICE_HOST']
  if (!host) return undefined
  return `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`
}

/** Settings from YAML text: what is absent has its default; an unknown key or a wrong type is an Error. */
export function parseSettings(text: string, redisUrl?: string): Settings {
  const given: unknown = text.trim() === '' ? {} : parse(text, { maxAliasCount: 0 })
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('settings: not a YAML mapping')
  const settings = { ...withoutNulls(given), ...defined({ redisUrl }) }
  return checked<Settings>(closed(settingsSchema), settings, 'settings')
}

/** A key with nothing behind it is YAML for null, and means what no key at all means. */
const withoutNulls = (given: object) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

/** The schema with no other keys than it names, at both levels: a misspelt setting must not silently be the default. */
function closed(schema: typeof settingsSchema): object {
  const properties = Object.entries(schema.properties).map(([name, value]) => {
    const isGroup = 'properties' in value
    return [name, isGroup ? { ...value, additionalProperties: false } : value]
  })
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false }
}

function withOverlay(settings: Settings): Catalog {
  if (settings.catalog === undefined) return builtInCatalog
  const overlay = checked<CatalogOverlay>(catalogOverlaySchema, settings.catalog, 'settings.catalog')
  const { catalog, problems } = applyOverlay(builtInCatalog, overlay)
  if (problems.length > 0) throw new Error(`settings.catalog: ${problems.join('; ')}`)
  return catalog
}

function checked<T>(schema: object, value: unknown, where: string): T {
  const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true })
  const isValid = ajv.compile<T>(schema)
  if (isValid(value)) return value
  throw new Error((isValid.errors ?? []).map((error) => sentence(where, error)).join('; '))
}

function sentence(where: string, { instancePath, message, params }: ErrorObject): string {
  const path = `${where}${instancePath.replaceAll('/', '.')}`
  if ('additionalProperty' in params)
    return `${path}: there is no setting ${JSON.stringify(params['additionalProperty'])}`
  const choices = 'allowedValues' in params ? ` ${JSON.stringify(params['allowedValues'])}` : ''
  return `${path} ${message ?? 'is wrong'}${choices}`
}

const levelOf = (text: string | undefined): Config['logLevel'] =>
  text === 'debug' || text === 'warn' || text === 'error' ? text : 'info'

function portOf(name: string, text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${name}: ${JSON.stringify(text)} is no port`)
  return port
}
