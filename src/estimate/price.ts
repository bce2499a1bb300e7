import type { GpuSku } from '#src/catalog/gpu.ts'

/** What instances cost by the hour, US dollars, with the region and day of the list price. */
export interface HourlyPrice {
  readonly usdPerHour: number
  readonly region: string
  readonly asOf: string
}

/** The list price of `count` instances; undefined where none is known. */
export function hourlyPrice(sku: GpuSku, count: number): HourlyPrice | undefined {
  if (sku.price === undefined) return undefined
  return { ...sku.price, usdPerHour: sku.price.usdPerHour * count }
}
