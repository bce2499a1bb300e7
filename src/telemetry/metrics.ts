import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type MetricDefinition, metricList } from './metric-list.ts'

type List = typeof metricList
type LabelsOf<D extends MetricDefinition> = {
  readonly [L in keyof D['labels']]: D['labels'][L] extends readonly string[] ? D['labels'][L][number] : string
}
/** Without labels there is no label argument. */
type With<D extends MetricDefinition> = keyof D['labels'] extends never ? [] : [labels: LabelsOf<D>]
type NamesOf<K extends MetricDefinition['kind']> = {
  [N in keyof List]: List[N]['kind'] extends K ? N : never
}[keyof List]

/** The metrics of one process. Names, labels and their values are checked by the compiler against `metricList`. */
export interface Metrics {
  count<N extends NamesOf<'counter'>>(name: N, ...labels: With<List[N]>): void
  /** Lets a counter with these labels be seen before it counts: the first one is a rise only where there was a 0. */
  expect<N extends NamesOf<'counter'>>(name: N, ...labels: With<List[N]>): void
  set<N extends NamesOf<'gauge'>>(name: N, value: number, ...labels: With<List[N]>): void
  observe<N extends NamesOf<'histogram'>>(name: N, value: number, ...labels: With<List[N]>): void
  /** Forgets all series of a gauge: what is not known (any more) is better absent than old. */
  clear(name: NamesOf<'gauge'>): void
  /** Calls `update` before each scrape and waits for it, for gauges that are cheaper to compute than to keep. */
  beforeScrape(update: () => void | Promise<void>): void
  /** The Prometheus text format, and its content type. */
  text(): Promise<string>
  readonly contentType: string
}

/** A registry of its own for each call: nothing is global, so tests and roles in one process do not mix. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [key, { kind, name, help, labels, ...rest }] of Object.entries<MetricDefinition>(metricList)) {
    const settings = { name, help, labelNames: Object.keys(labels), registers: [registry] }
    if (kind === 'counter') counters.set(key, new Counter(settings))
    else if (kind === 'gauge') gauges.set(key, absent(new Gauge(settings)))
    else histograms.set(key, new Histogram({ ...settings, ...(rest.buckets ? { buckets: [...rest.buckets] } : {}) }))
  }
  // Event loop delay, memory and garbage collection of this process.
  if (options.process) collectDefaultMetrics({ register: registry })
  const updates: (() => void | Promise<void>)[] = []
  return {
    count: (name, ...[labels]) => counters.get(name)?.inc(labels ?? {}),
    expect: (name, ...[labels]) => counters.get(name)?.inc(labels ?? {}, 0),
    set: (name, value, ...[labels]) => gauges.get(name)?.set(labels ?? {}, value),
    observe: (name, value, ...[labels]) => histograms.get(name)?.observe(labels ?? {}, value),
    clear: (name) => gauges.get(name)?.reset(),
    beforeScrape: (update) => {
      updates.push(update)
    },
    async text() {
      await Promise.all(updates.map((update) => update()))
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

/** A gauge without labels would begin with 0, and a process that never asks Redis would say that it is down. */
function absent(gauge: Gauge): Gauge {
  gauge.remove({})
  return gauge
}
