/** One share of the GPU memory. */
export interface MemoryPart {
  readonly name: string
  readonly gib: number
}

export const GIB = 2 ** 30

/** The sum that messages show: `weights 2.1 + activations 0.7 + … = 4.8 GiB`. Parts below 0.05 are left out, not out of the sum. */
export function breakdownText(parts: readonly MemoryPart[]): string {
  const sum = parts.reduce((total, part) => total + part.gib, 0)
  const shown = parts.filter((part) => part.gib >= 0.05).map((part) => `${part.name} ${part.gib.toFixed(1)}`)
  return shown.length === 0 ? `${sum.toFixed(1)} GiB` : `${shown.join(' + ')} = ${sum.toFixed(1)} GiB`
}
