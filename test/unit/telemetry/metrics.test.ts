import { describe, expect, it } from 'vitest'
import { metricList } from '#src/telemetry/metric-list.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'

describe('metrics', () => {
  it('appear in Prometheus text under their names with their labels', async () => {
    const metrics = createMetrics()
    metrics.count('reconciles', { controller: 'workspace', outcome: 'done' })
    metrics.count('eventsDropped')
    metrics.set('leader', 1)
    metrics.observe('reconcileSeconds', 0.02, { controller: 'workspace' })
    const text = await metrics.text()
    expect(text).toContain('kaito_reconciles_total{controller="workspace",outcome="done"} 1')
    expect(text).toContain('kaito_events_dropped_total 1')
    expect(text).toContain('kaito_leader 1')
    expect(text).toContain('kaito_reconcile_seconds_bucket{le="0.025",controller="workspace"} 1')
  })

  it('are computed before a scrape where that is cheaper', async () => {
    const metrics = createMetrics()
    metrics.beforeScrape(() => metrics.set('watchSilentSeconds', 3, { kind: 'Pod' }))
    expect(await metrics.text()).toContain('kaito_watch_silent_seconds{kind="Pod"} 3')
  })

  it('of a kind that has no labels say nothing before they are set', async () => {
    const metrics = createMetrics()
    expect(await metrics.text()).not.toMatch(/^kaito_(redis_up|leader) /m)
    metrics.set('redisUp', 0)
    expect(await metrics.text()).toMatch(/^kaito_redis_up 0$/m)
  })

  it('that count can be seen before there is anything to count', async () => {
    const metrics = createMetrics()
    metrics.expect('watchErrors', { kind: 'Pod' })
    expect(await metrics.text()).toContain('kaito_watch_errors_total{kind="Pod"} 0')
    metrics.count('watchErrors', { kind: 'Pod' })
    metrics.expect('watchErrors', { kind: 'Pod' })
    expect(await metrics.text()).toContain('kaito_watch_errors_total{kind="Pod"} 1')
  })

  it('belong to one factory call and to nothing global', async () => {
    const one = createMetrics()
    const other = createMetrics({ process: true })
    one.set('leader', 1)
    expect(await other.text()).not.toMatch(/^kaito_leader/m)
    expect(await other.text()).toContain('process_resident_memory_bytes')
  })

  it('follow the naming rules: prefix, unit or total at the end, help that is a sentence', () => {
    const names = Object.values(metricList).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { kind, name, help } of Object.values(metricList)) {
      expect(name).toMatch(/^kaito_[a-z_]+$/)
      expect(name.endsWith('_total'), name).toBe(kind === 'counter')
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/)
      expect(help).toMatch(/^[A-Z0-9].*\.$/)
    }
  })
})
