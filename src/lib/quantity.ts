const SUFFIX: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  m: 1e-3,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
}

/** A Kubernetes quantity ("80Gi", "500m", "1e3") as a plain number, or undefined when it is not one. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P|m)?$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) * (SUFFIX[match[2] ?? ''] ?? 1)
}

/** Bytes as GiB with one decimal, for messages: 1610612736 -> "1.5". */
export const toGiB = (bytes: number): string => (bytes / 2 ** 30).toFixed(1)
