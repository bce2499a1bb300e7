import { faultForRules } from '#src/api/validate.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { configUses, secretUses } from '#src/reading/mentions.ts'

/**
 * Names (in the Workspace's namespace) of the objects that its rules will ask for, so that the edge fetches those and no
 * others. Names that no object can have are left out, so nothing odd ends up in a request path. What no rule will read names
 * nothing.
 */
export function needs(workspace: Workspace): {
  readonly configMaps: readonly string[]
  readonly secrets: readonly string[]
} {
  if (faultForRules(workspace) !== undefined) return { configMaps: [], secrets: [] }
  const legal = (names: readonly string[]) => [...new Set(names)].filter(isDnsSubdomain).slice(0, MAX_LOOKUPS)
  return {
    configMaps: legal(configUses(workspace).map(({ name }) => name)),
    secrets: legal(secretUses(workspace).map(({ name }) => name)),
  }
}

/** One review must not become thousands of requests. What is not looked up is not checked. */
const MAX_LOOKUPS = 30
