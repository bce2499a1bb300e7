import { lookup as resolve } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { bareHost, blockedAddressReason, checkUrl, isAllowedHost } from '#src/lib/url-guard.ts'

/** Resolves a name to every address it has; replaced in tests. */
export type Resolver = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

/** The connection was refused by our own rules, not by the other side; trying again cannot help. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError'
  readonly code = 'ERR_ADDRESS_BLOCKED'
}

/**
 * A socket lookup that resolves, checks every address and hands the checked ones to `connect`, so that the address
 * which was checked is the address which is dialled (a second DNS answer has no chance). One bad address refuses the
 * whole name. IP literals never reach a lookup: call `assertUrlAllowed` before each request and redirect.
 */
export function guardedLookup(allow: readonly string[], resolver: Resolver = systemResolver): LookupFunction {
  return (host, options, callback) => {
    resolveChecked(host, allow, resolver).then(
      (addresses) => {
        const wanted = addresses.filter(({ family }) => !isFamily(options.family) || family === options.family)
        const first = wanted[0]
        if (first === undefined) callback(notFound(host), '')
        else if (options.all === true) callback(null, [...wanted])
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : notFound(host), ''),
    )
  }
}

/** Throws BlockedAddressError where the URL's own text is refused (scheme, internal name, literal address). */
export function assertUrlAllowed(url: URL, allow: readonly string[]): void {
  const check = checkUrl(url.href, allow)
  if (!check.ok) throw new BlockedAddressError(check.reason)
}

async function resolveChecked(host: string, allow: readonly string[], resolver: Resolver) {
  // A trailing dot keeps the pod's search domains out: without it `kubernetes.default` would name a Service.
  const absolute = isAllowedHost(host, allow) ? host : `${host.replace(/\.$/, '')}.`
  const addresses = await resolver(absolute)
  for (const { address } of addresses) {
    const reason = blockedAddressReason(address, allow, bareHost(new URL(`http://${host}`)))
    if (reason !== undefined)
      throw new BlockedAddressError(`"${host}" resolves to an address that is refused: ${reason}`)
  }
  return addresses
}

const systemResolver: Resolver = (host) => resolve(host, { all: true, order: 'verbatim' })

function isFamily(family: unknown): family is 4 | 6 {
  return family === 4 || family === 6
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no usable address`), { code: 'ENOTFOUND' })
}
