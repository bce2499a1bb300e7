import { type Complaint, forbidden, invalid } from '#src/lib/field-error.ts'

/** Characters. Published templates have up to 20,000; one argument of a program ends at 128 KiB. */
const LONGEST_TEMPLATE = 30_000

/**
 * Why this cannot be a server's chat template, if so. It is the template itself, in Jinja, which the engine runs in a sandbox;
 * a path would name a file of the image, and nobody has checked which.
 */
export function chatTemplateFault(path: string, value: unknown): Complaint | undefined {
  const fix = 'write the text of the template: chat-template: | and, on the next lines, the Jinja of it'
  if (value === null) return undefined
  if (typeof value !== 'string') return invalid(path, value, 'it must be a text', { fix })
  if (!isTemplate(value)) {
    return forbidden(path, value.slice(0, 200), 'a path or a name may stand for files that nobody has checked', { fix })
  }
  if (value.length <= LONGEST_TEMPLATE) return undefined
  return invalid(path, `${value.length} characters`, `a template has at most ${LONGEST_TEMPLATE}`, {
    fix: 'shorten it',
  })
}

/** Is this the text of a template, and no name of one? */
const isTemplate = (text: string): boolean => /\{[{%]/.test(text)

/** The template as vLLM's command line takes one: it decodes Python's escapes in it, and reads nothing but Latin-1 beside them. */
export const chatTemplateArgument = (text: string): string =>
  text.replaceAll(/[\\\u0080-\u{10ffff}]/gu, (char) => {
    if (char === '\\') return '\\\\'
    const code = (char.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`
  })
