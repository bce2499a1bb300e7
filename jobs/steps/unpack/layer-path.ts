/** What a name inside a layer means. `parts` never holds an empty part, `.` or `..`. */
export type LayerPath =
  | { readonly kind: 'entry'; readonly parts: readonly string[] }
  /** Delete this path as lower layers left it. */
  | { readonly kind: 'whiteout'; readonly parts: readonly string[] }
  /** Delete everything that lower layers left in this directory. */
  | { readonly kind: 'opaque'; readonly parts: readonly string[] }
  /** Bookkeeping of old storage drivers (`.wh..wh.plnk` and the like). */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Reads a tar entry's name by the OCI layer rules. A leading `/` means the image's root, as container runtimes take it;
 * `..` is refused rather than cleaned, because no honest tool writes it.
 */
export function readLayerPath(name: string): LayerPath {
  if (name.includes('\0')) return { kind: 'refused', reason: 'its name holds a NUL byte' }
  if (Buffer.byteLength(name) > 4096) return { kind: 'refused', reason: 'its name is longer than 4096 bytes' }
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return { kind: 'refused', reason: 'its name climbs out with ".."' }
  if (parts.length > 255) return { kind: 'refused', reason: 'it lies more than 255 directories deep' }
  const last = parts.at(-1)
  if (last?.startsWith(PREFIX) !== true) return { kind: 'entry', parts }
  const folder = parts.slice(0, -1)
  if (last === OPAQUE) return { kind: 'opaque', parts: folder }
  const hidden = last.slice(PREFIX.length)
  if (hidden.startsWith(PREFIX)) return { kind: 'ignored' }
  if (hidden === '' || hidden === '.' || hidden === '..') {
    return { kind: 'refused', reason: 'it is a whiteout of no name, "." or ".."' }
  }
  return { kind: 'whiteout', parts: [...folder, hidden] }
}

const PREFIX = '.wh.'
const OPAQUE = '.wh..wh..opq'
