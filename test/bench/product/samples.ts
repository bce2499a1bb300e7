/** What a program says of itself in Prometheus' text format. */
export interface Samples {
  /** The sum over all series of a metric whose labels are these, whatever others they have. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
  /** Sums by the value of one label. */
  by(name: string, label: string): ReadonlyMap<string, number>
}

export function samplesOf(text: string): Samples {
  const series = text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text] as const)
    return [{ name, labels: new Map(pairs), value: Number(value) }]
  })
  return {
    sum: (name, labels = {}) =>
      series
        .filter(
          (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels.get(key) === text),
        )
        .reduce((sum, { value }) => sum + value, 0),
    by: (name, label) => {
      const sums = new Map<string, number>()
      for (const one of series) {
        const key = one.labels.get(label)
        if (one.name === name && key !== undefined) sums.set(key, (sums.get(key) ?? 0) + one.value)
      }
      return sums
    },
  }
}
