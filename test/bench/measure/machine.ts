import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** Where and when a report was made, as lines of Markdown. */
export function machineLines(loadBefore: readonly number[]): string[] {
  const load = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(' / ')
  return [
    `- date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `- CPU: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores; memory: ${Math.round(totalmem() / 2 ** 30)} GiB; Linux ${release()}`,
    `- Node ${process.version}`,
    `- load average (1 / 5 / 15 min) before: ${load(loadBefore)}; after: ${load(loadavg())}`,
  ]
}

export { loadavg }
