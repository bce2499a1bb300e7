import { errorFields } from './error-fields.ts'

const hidden = '[redacted]'
/** Field names whose value is a credential wherever they appear. */
const secretName =
  /^(authorization|proxy-authorization|cookie|set-cookie|pass(word|wd|phrase)|secret|client-?secret|api-?key|(access|refresh|id|bearer|hf|hugging-?face|registry)?[-_]?token|auth|credentials?|private-?key|tls\.key|ca\.key|\.?docker-?config-?json)$/i
const maxDepth = 6

/** A copy of log fields without credentials: by field name, and the data of anything that is a Kubernetes Secret. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return redactFields(errorFields(value), depth)
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return '[deeper]'
  if (Array.isArray(value)) return value.map((member) => redactFields(member, depth + 1))
  const isSecret = 'kind' in value && value.kind === 'Secret'
  const kept: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const secret = secretName.test(name) || (isSecret && (name === 'data' || name === 'stringData'))
    kept[name] = secret && member !== undefined && member !== null ? hidden : redactFields(member, depth + 1)
  }
  return kept
}

/** Credentials recognisable by their shape, in any text: a line of the log, a message made by someone else's library. */
const shapes: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${hidden}`],
  // user:password@ in a URL.
  [/\b([a-z][a-z0-9+.-]{0,15}:\/\/)[^\s/@"']{1,256}@/gi, `$1${hidden}@`],
  // JSON web tokens, Hugging Face and GitHub tokens.
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, hidden],
  [/\b(hf_|gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}/g, hidden],
  // Signed URLs: SAS of Azure, presigned of S3 and GCS.
  [
    /([?&](sig|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|token)=)[^&\s"'\\]+/gi,
    `$1${hidden}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\\s]*(-----END [A-Z ]*PRIVATE KEY-----)?/g, hidden],
]

export function redactText(text: string): string {
  return shapes.reduce((kept, [shape, instead]) => kept.replace(shape, instead), text)
}
