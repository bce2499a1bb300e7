const UNITS: Readonly<Record<string, number>> = {
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
  ...{ m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
}

/** A Kubernetes quantity such as `230862012Ki` as a number, of bytes where it is of memory; undefined where it is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,18}(?:\.\d{1,9})?)([A-Za-z]{0,2})$/.exec(text) ?? []
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}
