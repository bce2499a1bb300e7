/** What a person sees: numbered steps with their time, indented output of real commands, one table at the end. */
export interface Screen {
  /** Runs a step under a title and remembers how long it took. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>
  /** A line inside the current step. */
  line(text: string): void
  /** A command as one would type it, and what it answered. */
  command(shown: string, output: string): void
  readonly times: readonly { readonly title: string; readonly seconds: number }[]
}

type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>

/** Colour only on a terminal, and never the only carrier of meaning. */
export function createScreen(out: Out = process.stdout, now: () => number = Date.now): Screen {
  const paint = (code: number, text: string) => (out.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text)
  const print = (text: string) => out.write(`${text}\n`)
  const times: { title: string; seconds: number }[] = []
  return {
    times,
    async step(title, work) {
      const started = now()
      print(`\n${paint(1, `${times.length + 1}. ${title}`)}`)
      const entry = { title, seconds: 0 }
      times.push(entry)
      const result = await work()
      entry.seconds = (now() - started) / 1000
      print(paint(32, `   done in ${entry.seconds.toFixed(1)} s`))
      return result
    },
    line: (text) => print(`   ${text}`),
    command(shown, output) {
      print(paint(36, `   $ ${shown}`))
      for (const row of output.trimEnd().split('\n')) print(`     ${row}`)
    },
  }
}

/** Rows as an aligned table without borders. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const BARS = '▁▂▃▄▅▆▇█'

/** Numbers as a line of bars, lowest to highest, for a loss that should go down. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  return values.map((value) => BARS[Math.round(((value - low) / span) * (BARS.length - 1))]).join('')
}
