import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { asShapedWorkspace } from '../api/validate.ts'
import type { Workspace } from '../api/workspace.ts'
import { loadConfig } from '../config.ts'
import { planLines } from '../plan/preview.ts'
import { admit } from '../rules/admit.ts'
import { withDefaults } from '../rules/defaults.ts'
import { message, warningLines } from '../rules/feedback.ts'
import { type Facts, policyOf } from '../rules/rule.ts'

/**
 * `npm run plan -- FILE.yaml …`: what admission would say of Workspaces, and what would happen; no cluster needed.
 * ConfigMaps and Secrets count as not looked up. Exit code 1 when one is refused.
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { settings: { type: 'string' } } })
if (positionals.length === 0) {
  process.stderr.write('usage: npm run plan -- [--settings FILE] FILE.yaml …\n')
  process.exit(64)
}

const config = loadConfig(values.settings, process.env)
const facts: Facts = {
  operation: 'CREATE',
  namespace: 'default',
  dryRun: true,
  policy: policyOf(config.settings),
  catalog: config.catalog,
  configMaps: new Map(),
  secrets: new Map(),
}

let isRefused = false
for (const file of positionals) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const object: unknown = document.toJS({ maxAliasCount: 0 })
    if (!isWorkspace(object)) continue
    const shaped = asShapedWorkspace(object)
    if (shaped.ok) tell(file, shaped.workspace)
    else refuse(file, shaped.problems)
  }
}
process.exit(isRefused ? 1 : 0)

function tell(file: string, workspace: Workspace): void {
  const complete = withDefaults(workspace, facts)
  const { errors, warnings, plan } = admit(complete, facts, planLines)
  console.log(`${file}: Workspace ${workspace.metadata.name}: ${errors.length === 0 ? 'admitted' : 'refused'}`)
  if (errors.length > 0) console.log(message(errors))
  for (const line of [...warningLines(warnings).map((text) => `warning: ${text}`), ...plan]) console.log(`  ${line}`)
  isRefused ||= errors.length > 0
}

function refuse(file: string, problems: readonly string[]): void {
  console.log(`${file}: refused, it has not the shape of a Workspace`)
  for (const problem of problems) console.log(`  - ${problem}`)
  isRefused = true
}

function isWorkspace(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Workspace'
}
