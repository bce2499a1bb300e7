import { describe, expect, it } from 'vitest'
import type { Facts } from '#src/reading/facts.ts'
import type { Reads } from '#src/rules/rule.ts'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'
import { RULE_ROWS } from './rows/index.ts'
import { facts } from './sample.ts'

/** Facts that tell when one of their objects is asked for. */
function watched(row: Partial<Facts>, onAsked: (kind: Reads) => void): Facts {
  const all = { ...facts, ...row }
  const watch = <T>(kind: Reads, map: ReadonlyMap<string, T>) =>
    new Proxy(map, {
      get(target, key) {
        if (key === 'get') onAsked(kind)
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return {
    ...all,
    configMaps: watch('configMaps', all.configMaps),
    secrets: watch('secrets', all.secrets),
    nodesHeld: watch('nodesHeld', all.nodesHeld),
  }
}

describe('what a rule says it reads', () => {
  it('is what it reads, over all rows', () => {
    const asked = new Map<string, Set<Reads>>()
    for (const rule of WORKSPACE_RULES) {
      const kinds = new Set<Reads>()
      for (const row of RULE_ROWS)
        rule.check(
          row.workspace,
          watched(row.facts ?? {}, (kind) => kinds.add(kind)),
        )
      if (kinds.size > 0) asked.set(rule.id, kinds)
    }
    const list = (map: Iterable<readonly [string, Iterable<string>]>) =>
      [...map].map(([id, kinds]) => `${id}: ${[...kinds].sort().join(' ')}`).sort()
    const said = WORKSPACE_RULES.flatMap(({ id, reads }) => (reads === undefined ? [] : [[id, reads] as const]))
    expect(list(said)).toEqual(list(asked))
  })
})
