/** Kubernetes' MicroTime, as Leases and Events have it: RFC 3339 with six fractional digits. */
export const microTime = (date: Date): string => date.toISOString().replace(/\.(\d{3})Z$/, '.$1000Z')
