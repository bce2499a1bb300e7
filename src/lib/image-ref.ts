import { defined } from '#src/lib/defined.ts'
import type { Result } from './result.ts'

/** An OCI image reference in full: `docker.io/library/busybox:1.36`, never the short form. */
export interface ImageRef {
  /** Host and optional port, lower case: `docker.io`, `registry.example:5000`, `[::1]:5000`. */
  readonly registry: string
  /** Path below the registry, without tag: `library/busybox`. */
  readonly repository: string
  /** Absent only where a digest was given alone. */
  readonly tag?: string
  /** `sha256:<64 hex>` or `sha512:<128 hex>`. */
  readonly digest?: string
}

/** `reason` says what is wrong; `fix`, where one is known, is the text to write instead or what to change. */
export type ImageRefResult = Result<{ readonly ref: ImageRef }, string, { readonly fix?: string }>

/**
 * Reads an image reference by the distribution grammar and fills in what container runtimes fill in:
 * `docker.io`, `library/` and, where neither tag nor digest is given, `latest`.
 * Every fault is reported at once, because a placeholder usually breaks several rules.
 */
export function parseImageRef(text: string): ImageRefResult {
  const shape = checkShape(text)
  if (shape) return shape
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  const { name, tag } = splitTag(at === -1 ? text : text.slice(0, at))
  const { registry, repository } = splitRegistry(name)
  const faults = [
    ...registryFaults(registry),
    ...repositoryFaults(repository),
    ...tagFaults(tag),
    ...digestFaults(digest),
    ...(registry.length + repository.length + 1 > NAME_LIMIT
      ? [{ reason: `the name is longer than ${NAME_LIMIT} characters` }]
      : []),
  ]
  if (faults.length > 0) return failure(faults)
  const full = normalise(registry, repository)
  const tagged = tag ?? (digest === undefined ? 'latest' : undefined)
  return {
    ok: true,
    ref: { ...full, ...defined({ tag: tagged, digest }) },
  }
}

/** Writes a reference back as `registry/repository[:tag][@digest]`; parsing the result gives the same reference. */
export function formatImageRef(ref: ImageRef): string {
  const tag = ref.tag === undefined ? '' : `:${ref.tag}`
  const digest = ref.digest === undefined ? '' : `@${ref.digest}`
  return `${ref.registry}/${ref.repository}${tag}${digest}`
}

interface Fault {
  readonly reason: string
  readonly fix?: string
}
const NONE: readonly Fault[] = []

/** Longest `registry/repository` that registries accept (distribution's NameTotalLengthMax). */
const NAME_LIMIT = 255
/** Labels of at most 63 characters, joined by dots. */
const HOST = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not pass
const ODD_CHARACTER = /[\s\u0000-\u001f\u007f]/

function checkShape(text: string): ImageRefResult | undefined {
  if (text.trim() === '') return { ok: false, reason: 'the image reference is empty' }
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(text)
  if (scheme) {
    return {
      ok: false,
      reason: `an image reference has no scheme, this one starts with "${scheme[0]}"`,
      fix: text.slice(scheme[0].length),
    }
  }
  if (ODD_CHARACTER.test(text)) {
    return { ok: false, reason: 'an image reference holds no spaces or control characters', fix: text.trim() }
  }
  return undefined
}

function splitTag(name: string): { name: string; tag: string | undefined } {
  const colon = name.lastIndexOf(':')
  // A colon before the last slash belongs to the port.
  if (colon === -1 || colon < name.lastIndexOf('/')) return { name, tag: undefined }
  return { name: name.slice(0, colon), tag: name.slice(colon + 1) }
}

function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  // The runtimes' rule: the first part is a host when it could not be a repository part of Docker Hub.
  const isHost = slash !== -1 && (/[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  return isHost ? { registry: first, repository: name.slice(slash + 1) } : { registry: 'docker.io', repository: name }
}

function registryFaults(registry: string): readonly Fault[] {
  if (HOST.test(registry)) return NONE
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::([0-9]*))?$/.exec(registry)
  const host = match?.[1]
  if (match === null || host === undefined || host === '') {
    return [{ reason: `the registry "${registry}" is not a host name with an optional port` }]
  }
  const faults: Fault[] = []
  if (!host.startsWith('[') && !HOST.test(host)) {
    faults.push({
      reason: `the registry "${host}" is not a DNS name (letters, digits, "-" and "." only)`,
      fix: 'write the registry you can push to or pull from, for example myregistry.azurecr.io',
    })
  }
  const port = match[2]
  if (port !== undefined && (port === '' || Number(port) < 1 || Number(port) > 65_535)) {
    faults.push({ reason: `the registry port "${port}" is not between 1 and 65535` })
  }
  return faults
}

function repositoryFaults(repository: string): readonly Fault[] {
  if (REPOSITORY.test(repository)) return NONE
  if (repository === '') return [{ reason: 'the repository after the registry is missing' }]
  const lower = repository.toLowerCase()
  if (REPOSITORY.test(lower)) {
    return [{ reason: `the repository "${repository}" must be lower case`, fix: `write "${lower}"` }]
  }
  return [
    {
      reason: `the repository "${repository}" is malformed (parts of lower-case letters and digits, joined by ".", "_", "__" or "-", separated by "/")`,
    },
  ]
}

function tagFaults(tag: string | undefined): readonly Fault[] {
  if (tag === undefined || TAG.test(tag)) return NONE
  if (tag === '') return [{ reason: 'the tag after ":" is empty', fix: 'add a tag, for example ":0.0.1"' }]
  return [
    { reason: `the tag "${tag}" is not 1 to 128 letters, digits, "_", "." or "-" (not starting with "." or "-")` },
  ]
}

function digestFaults(digest: string | undefined): readonly Fault[] {
  if (digest === undefined || DIGEST.test(digest)) return NONE
  return [{ reason: `the digest "${digest}" is not "sha256:" and 64 lower-case hex digits` }]
}

function normalise(registry: string, repository: string): { registry: string; repository: string } {
  const host = registry.toLowerCase()
  if (host !== 'docker.io' && host !== 'index.docker.io') return { registry: host, repository }
  return { registry: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` }
}

function failure(faults: readonly Fault[]): ImageRefResult {
  const reason = faults.map((fault) => fault.reason).join('; ')
  const fixes = faults.flatMap((fault) => (fault.fix === undefined ? [] : [fault.fix]))
  return fixes.length === 0 ? { ok: false, reason } : { ok: false, reason, fix: fixes.join('; ') }
}
