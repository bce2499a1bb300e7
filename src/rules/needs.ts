import { faultForRules } from '#src/api/validate.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import type { Facts } from '#src/reading/facts.ts'
import { configUses, secretUses } from '#src/reading/mentions.ts'
import { asksForNodes } from './namespace-nodes.ts'

/**
 * Names (in the Workspace's namespace) of the objects that its rules will ask for, so that the edge fetches those and no
 * others. Names that no object can have are left out, so nothing odd ends up in a request path. What no rule will read names
 * nothing.
 */
export function needs(
  workspace: Workspace,
  facts?: Pick<Facts, 'namespace' | 'policy' | 'old'>,
): {
  readonly configMaps: readonly string[]
  /** Of push and pull Secrets, whose logins the rules are about. */
  readonly secrets: readonly string[]
  /** Of Secrets with a token: what is in them is nobody's to read. */
  readonly tokens: readonly string[]
  /** Namespaces whose nodes are to be counted: none, or the Workspace's own. */
  readonly namespaces: readonly string[]
} {
  if (faultForRules(workspace) !== undefined) return { configMaps: [], secrets: [], tokens: [], namespaces: [] }
  const legal = (names: readonly string[]) => [...new Set(names)].filter(isDnsSubdomain).slice(0, MAX_LOOKUPS)
  const uses = secretUses(workspace)
  const logins = uses.flatMap(({ name, role }) => (role === 'token' || role === 'keys' ? [] : [name]))
  return {
    configMaps: legal(configUses(workspace).map(({ name }) => name)),
    secrets: legal(logins),
    tokens: legal(
      uses.flatMap(({ name, role }) => ((role === 'token' || role === 'keys') && !logins.includes(name) ? [name] : [])),
    ),
    namespaces: facts !== undefined && asksForNodes(workspace, facts) ? [facts.namespace] : [],
  }
}

/** One review must not become thousands of requests. What is not looked up is not checked. */
const MAX_LOOKUPS = 30
