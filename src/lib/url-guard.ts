import ipaddr from 'ipaddr.js'
import type { Result } from './result.ts'

/** `reason` completes the sentence "the URL … is refused:"; the URL's query never appears in it. */
export type UrlCheck = Result<{ readonly url: URL }>

/**
 * The part of the download rules that a URL's text alone can answer; admission and the download step share it.
 * Whoever connects must still check the resolved address with `blockedAddressReason`, at every redirect.
 * `allow` holds host names (`*.example.internal` for a whole domain), addresses and CIDR ranges.
 */
export function checkUrl(text: string, allow: readonly string[] = []): UrlCheck {
  if (text.length > URL_LIMIT) return refuse(`it is longer than ${URL_LIMIT} characters`)
  const url = URL.parse(text)
  if (url === null) return refuse('it is not a valid absolute URL, write for example https://host/path/data.parquet')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse(`the scheme "${url.protocol.slice(0, -1)}" is not supported, use https or http`)
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('it carries a user name or password, which everyone who reads the object would see')
  }
  const host = bareHost(url)
  if (host === '') return refuse('it names no host')
  const reason = ADDRESS.test(host) ? blockedAddressReason(host, allow) : blockedNameReason(host, allow)
  return reason === undefined ? { ok: true, url } : refuse(reason)
}

/** The URL parser has turned every spelling of an IPv4 address into four decimal parts by now, and only IPv6 has colons. */
const ADDRESS = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$|:/

/**
 * Why a download must not connect to this address, or undefined.
 * An allowed host name opens private ranges only: loopback, link-local and cloud metadata need their address listed,
 * so that whoever controls the name's DNS cannot turn it on the node.
 */
export function blockedAddressReason(ip: string, allow: readonly string[], host?: string): string | undefined {
  if (!ipaddr.isValid(ip)) return `"${ip}" is not an IP address`
  const address = unwrap(ipaddr.parse(ip))
  const covering = allow.filter((entry) => coversAddress(entry, address))
  const text = address.toString()
  // A range that happens to hold it does not mean it: 100.64.0.0/10 is for pods, and holds a cloud's metadata service.
  if (METADATA.has(text) && !covering.some(isOneAddress)) return `${text} is a cloud metadata or host service address`
  if (covering.length > 0) return undefined
  const range = address.range()
  if (range === 'unicast') return undefined
  if (host !== undefined && PRIVATE.has(range) && allow.some((entry) => coversHost(entry, host))) return undefined
  return `${text} is not a public address (${RANGE_WORDS[range] ?? range})`
}

/** A URL fit for logs and status: no user, query or fragment, since signed URLs keep their secret in the query. */
export function redactUrl(url: URL | string): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : url
  if (parsed === null) return '(not a URL)'
  return `${parsed.origin}${parsed.pathname}${parsed.search === '' ? '' : '?…'}`
}

/** The host as a resolver takes it: no brackets around IPv6, no trailing dot. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** True where the list names this host, literally or by `*.domain`. */
export function isAllowedHost(host: string, allow: readonly string[]): boolean {
  return allow.some((entry) => coversHost(entry, host))
}

type Address = ReturnType<typeof ipaddr.parse>

/** Signed URLs of object stores run to about 2,000 characters; this leaves room. */
const URL_LIMIT = 8192
const PRIVATE = new Set<string>(['private', 'carrierGradeNat', 'uniqueLocal'])
/** Most sit in link-local ranges; Azure's 168.63.129.16 is public by range, so it must be named. */
const METADATA = new Set(['169.254.169.254', '169.254.170.2', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'])
const RANGE_WORDS: Readonly<Record<string, string>> = {
  private: 'a private network',
  loopback: 'loopback',
  linkLocal: 'link-local',
  carrierGradeNat: 'a carrier-grade NAT range, used for pods and nodes',
  uniqueLocal: 'a private IPv6 network',
  unspecified: 'the unspecified address',
  reserved: 'a reserved range',
}
const INTERNAL_SUFFIXES = ['.localhost', '.svc', '.cluster.local', '.local', '.internal', '.localdomain']

function blockedNameReason(host: string, allow: readonly string[]): string | undefined {
  if (isAllowedHost(host, allow)) return undefined
  const how = "have the operator's administrator list it under allowed private hosts if that is intended"
  if (!host.includes('.')) return `"${host}" has no domain, so it can only name something inside the cluster; ${how}`
  const suffix = INTERNAL_SUFFIXES.find((end) => host.endsWith(end))
  return suffix === undefined ? undefined : `"${host}" is an internal name (*${suffix}); ${how}`
}

/** The IPv4 address inside an IPv6 one (mapped, compatible, NAT64), so that no spelling escapes the IPv4 rules. */
function unwrap(address: Address): Address {
  if (address.kind() === 'ipv4') return address
  const bytes = address.toByteArray()
  const head = bytes.slice(0, 12)
  const embeds =
    head.every((byte, i) => byte === 0 || (byte === 0xff && i >= 10)) || NAT64.every((b, i) => b === head[i])
  const isItsOwn = bytes.slice(0, 15).every((byte) => byte === 0)
  return embeds && !isItsOwn ? ipaddr.fromByteArray(bytes.slice(12)) : address
}

const NAT64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]

function coversAddress(entry: string, address: Address): boolean {
  if (entry.includes('/')) {
    if (!ipaddr.isValidCIDR(entry)) return false
    const [base, bits] = ipaddr.parseCIDR(entry)
    return base.kind() === address.kind() && address.match(base, bits)
  }
  return ipaddr.isValid(entry) && unwrap(ipaddr.parse(entry)).toString() === address.toString()
}

function isOneAddress(entry: string): boolean {
  if (!entry.includes('/')) return true
  const [base, bits] = ipaddr.parseCIDR(entry)
  return bits === base.toByteArray().length * 8
}

function coversHost(entry: string, host: string): boolean {
  const name = entry.toLowerCase()
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : name === host
}

function refuse(reason: string): UrlCheck {
  return { ok: false, reason }
}
