import { type Complaint, invalid } from '#src/lib/field-error.ts'
import { parseJson } from '#src/lib/json.ts'

const MOST_ORIGINS = 32
const LONGEST = 253

/** The origins of an `allowed-origins`, which is a list, or the JSON of one as vLLM's command line has it. */
export function originsIn(value: unknown): string[] {
  const list = typeof value === 'string' ? (parseJson(value) ?? value) : value
  return [list ?? []].flat().map(String)
}

/** What a browser would never send as an origin, or too many of them. */
export function originFault(path: string, value: unknown): Complaint | undefined {
  const origins = originsIn(value)
  if (origins.length > MOST_ORIGINS) {
    return invalid(path, `${origins.length} origins`, `there is room for ${MOST_ORIGINS}`, {
      fix: 'write ["*"] for any',
    })
  }
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin))
  if (wrong === undefined) return undefined
  const detail = 'an origin is a scheme, a host and, where it is not the usual one, a port; nothing after it'
  return invalid(path, wrong.slice(0, 100), detail, { fix: 'write for example ["https://ui.example.com"], or ["*"]' })
}

const isOrigin = (text: string): boolean => {
  if (text.length > LONGEST || !/^https?:\/\//.test(text)) return false
  return URL.parse(text)?.origin === text
}
