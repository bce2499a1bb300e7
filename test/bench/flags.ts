import { parseArgs } from 'node:util'

/** Numbers by name from `--name 5`; what is not given has its default. An unknown flag or no number is an Error. */
export function numberFlags<T extends Readonly<Record<string, number>>>(args: readonly string[], defaults: T): T {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...args], options, strict: true })
  const given = Object.entries(values).map(([name, text]) => {
    const value = Number(text)
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text}: not a number`)
    return [name, value]
  })
  return { ...defaults, ...Object.fromEntries(given) }
}
