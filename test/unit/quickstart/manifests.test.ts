import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  adapterChanges,
  type Changes,
  filledIn,
  literal,
  SEED,
  type SeedFile,
  tuningChanges,
} from '#examples/quickstart/manifests.ts'

const IMAGE = 'registry.example.com/adapters/phi-3:0.0.1'
const FILLED: readonly [SeedFile, Changes][] = [
  [SEED.tuning, tuningChanges(IMAGE, 'http://data/train.parquet')],
  [SEED.longTuning, tuningChanges(IMAGE, 'http://data/train.parquet')],
  [SEED.adapter, adapterChanges(IMAGE)],
]

describe("the documentation's manifests", () => {
  it.each(FILLED)('%s differs only in the fields that are named', async (file, changes) => {
    const before = leaves(parse(await literal(file)))
    const after = leaves(await filledIn(file, changes))
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => before.get(path) !== after.get(path),
    )
    const named = Object.keys(changes)
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.filter((path) => !named.some((name) => path === name || path.startsWith(`${name}.`)))).toEqual([])
    expect([...after.values()].filter((value) => String(value).includes('_HERE'))).toEqual([])
  })
})

/** Every value of a document by the dotted path to it. */
function leaves(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]])
  const entries = Object.entries(value).flatMap(([key, child]) => [...leaves(child, path ? `${path}.${key}` : key)])
  return new Map(entries)
}
