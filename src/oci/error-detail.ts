import { isJsonObject, parseJson } from '#src/lib/json.ts'
import { readLimited } from './limited-body.ts'
import type { TransportResponse } from './transport.ts'

/**
 * The server's own words for a refusal, at most 400 characters, or undefined where it says none. Registries answer
 * `{"errors":[{code,message}]}`; token services and proxies `message`, `details`, `error_description` or plain text.
 */
export async function ownWords(response: TransportResponse): Promise<string | undefined> {
  try {
    const text = (await readLimited(response.body, 65_536)).toString('utf8')
    const body = parseJson(text)
    const words = isJsonObject(body) ? wordsOf(body) : plainText(text)
    const printable = words?.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
    return printable === undefined || printable === '' ? undefined : printable.slice(0, 400)
  } catch {
    await response.body.dump().catch(() => {})
    return undefined
  }
}

function wordsOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const { errors } = body
  if (Array.isArray(errors)) return errors.slice(0, 3).map(describe).join('; ')
  const texts = [body['error'], body['error_description'], body['message'], body['details']]
  return texts.filter((text): text is string => typeof text === 'string' && text !== '').join(': ')
}

function describe(error: unknown): string {
  if (!isJsonObject(error)) return 'unknown error'
  const code = typeof error['code'] === 'string' ? error['code'] : 'UNKNOWN'
  return typeof error['message'] === 'string' ? `${code}: ${error['message']}` : code
}

/** A page for people is not worth showing in a status. */
const plainText = (text: string) => (text.trimStart().startsWith('<') ? undefined : text)
