import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricList } from '#src/telemetry/metric-list.ts'

const ROOT = join(import.meta.dirname, '../../..')
const WRITES = { counter: 'count', gauge: 'set', histogram: 'observe' } as const

/** The metrics that a source text writes, as `count reconciles`. */
const writesIn = (source: string) =>
  [...source.matchAll(/\bmetrics\.(count|set|observe)\(\s*'(\w+)'/g)].map(([, verb, name]) => `${verb} ${name}`)

const written = new Set(
  globSync('{src,webhooks,jobs,certs}/**/*.ts', { cwd: ROOT }).flatMap((file) =>
    writesIn(readFileSync(join(ROOT, file), 'utf8')),
  ),
)

describe('every metric of the list', () => {
  it.for(Object.entries(metricList))('%s has a writer', ([name, { kind }]) => {
    expect(written).toContain(`${WRITES[kind]} ${name}`)
  })

  it('would be missed without one', () => {
    expect(written).not.toContain('count nobodyWritesThis')
    expect(writesIn("metrics.count('one')\nmetrics.set(\n  'two', 1)")).toEqual(['count one', 'set two'])
  })
})
