import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { WORKSPACE_API } from '../api/labels.ts'
import { unknownFields } from '../api/unknown-fields.ts'
import { asShapedWorkspace } from '../api/validate.ts'
import type { Workspace } from '../api/workspace.ts'
import { loadConfig } from '../config.ts'
import { planLines } from '../plan/preview.ts'
import { type Facts, policyOf } from '../reading/facts.ts'
import { admit } from '../rules/admit.ts'
import { withDefaults } from '../rules/defaults.ts'
import { refusalText, warningLines } from '../rules/feedback.ts'
import { needs } from '../rules/needs.ts'
import { type Manifests, namedKey, readManifests } from './manifests.ts'

/**
 * `npm run plan -- FILE.yaml …`: what admission would say of Workspaces, and what would happen; no cluster needed.
 * ConfigMaps in the files are used; other ones, and Secrets, count as not looked up. Exit code 1 when a Workspace is refused,
 * when something cannot be read, or when a file holds no Workspace: a check that judged nothing must not look green.
 */
const USAGE = `usage: npm run plan -- [--settings FILE] FILE.yaml …
  Says of each Workspace in the files whether it would be admitted, what it would cost and what would be made.
  ConfigMaps in the files are used; Secrets, nodes and the Workspace as it is in a cluster are not known.

  --settings FILE  the operator's settings (the chart's values under settings:), as YAML; default: Azure with Karpenter`

const { values, positionals } = argumentsOf(process.argv.slice(2))
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
if (positionals.length === 0) misused('name at least one file')

const config = loadConfig(values.settings, process.env)
let isRefused = false

const files = positionals.map((file) => ({ file, ...manifestsIn(file) }))
const configMaps = new Map(files.flatMap((each) => [...each.configMaps]))
for (const { file, ...found } of files) {
  let isMalformed = found.faults.length > 0
  for (const fault of found.faults) fail(`${file}: ${fault}`)
  for (const object of found.workspaces) {
    const shaped = asShapedWorkspace(object)
    const unknown = unknownFields(object)
    if (shaped.ok && unknown.length === 0) tell(file, shaped.workspace)
    else {
      const problems = shaped.ok ? [] : shaped.reason
      refuse(file, [...problems, ...unknown.map(({ path, detail }) => `${path}: ${detail}`)])
      isMalformed = true
    }
    if (object['apiVersion'] !== WORKSPACE_API) {
      console.log(`  warning: its apiVersion is ${String(object['apiVersion'] ?? 'missing')}: write ${WORKSPACE_API}`)
    }
  }
  if (found.mayBeTemplate && isMalformed)
    console.log(`${file}: it is a template; render it first, as helm template does`)
  if (found.workspaces.length > 0 || found.faults.length > 0) continue
  if (isBeside(found)) console.log(`${file}: no Workspace in it; its ConfigMaps are used for those in the other files`)
  else fail(`${file}: no Workspace in it; ${read(found)}`)
}
process.exit(isRefused ? 1 : 0)

/** What is in a file. One that cannot be read is a fault like any other: the rest is still judged. */
function manifestsIn(file: string): Manifests & { readonly mayBeTemplate: boolean } {
  try {
    const text = readFileSync(file, 'utf8')
    return { ...readManifests(text), mayBeTemplate: text.includes('{{') }
  } catch (error) {
    const faults = [`it cannot be read: ${error instanceof Error ? error.message : String(error)}`]
    return { workspaces: [], configMaps: new Map(), others: [], faults, mayBeTemplate: false }
  }
}

function tell(file: string, workspace: Workspace): void {
  const facts = factsFor(workspace)
  const complete = withDefaults(workspace, facts)
  const { errors, warnings, plan } = admit(complete, facts, planLines)
  console.log(`${file}: Workspace ${workspace.metadata.name}: ${errors.length === 0 ? 'admitted' : 'refused'}`)
  if (errors.length > 0) console.log(errors.length === 1 ? `  - ${refusalText(errors)}` : refusalText(errors))
  for (const name of needs(complete).configMaps) {
    if (!facts.configMaps.has(name)) console.log(`  not checked: ConfigMap ${name} is in none of the files`)
  }
  for (const line of [...warningLines(warnings).map((text) => `warning: ${text}`), ...plan]) console.log(`  ${line}`)
  isRefused ||= errors.length > 0
}

function factsFor({ metadata }: Workspace): Facts {
  const namespace = metadata.namespace ?? 'default'
  const beside = [...configMaps].flatMap(([key, value]) => {
    const name = key.slice(namespace.length + 1)
    return key === namedKey({ namespace, name }) ? [[name, { state: 'found' as const, value }] as const] : []
  })
  return {
    operation: 'CREATE',
    namespace,
    dryRun: true,
    policy: policyOf(config.settings),
    catalog: config.catalog,
    configMaps: new Map(beside),
    secrets: new Map(),
    nodesHeld: new Map(),
  }
}

function refuse(file: string, problems: readonly string[]): void {
  fail(`${file}: refused, it has not the shape of a Workspace`)
  for (const problem of problems) console.log(`  - ${problem}`)
}

function fail(line: string): void {
  console.log(line)
  isRefused = true
}

/** A file of nothing but ConfigMaps beside one with a Workspace. */
function isBeside({ others }: Manifests): boolean {
  const isJudging = files.some(({ workspaces }) => workspaces.length > 0)
  return isJudging && others.length > 0 && others.every((kind) => kind === 'ConfigMap')
}

function argumentsOf(args: readonly string[]) {
  const help = { type: 'boolean', short: 'h', default: false } as const
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { settings: { type: 'string' }, help } })
  } catch (error) {
    return misused(error instanceof Error ? error.message.split('. ', 1).join('') : String(error))
  }
}

function misused(why: string): never {
  process.stderr.write(`${why}\n\n${USAGE}\n`)
  process.exit(64)
}

function read({ others }: Manifests): string {
  const kinds = [...new Set(others)]
  if (kinds.length === 0) return 'it is empty'
  const near = kinds.find((kind) => kind.toLowerCase() === 'workspace')
  return near === undefined ? `it has ${kinds.join(', ')}` : `its kind is ${near}: write Workspace`
}
