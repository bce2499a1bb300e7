import { type Complaint, forbidden, invalid, notSupported } from '#src/lib/field-error.ts'
import { parseJson } from '#src/lib/json.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { chatTemplateFault } from './chat-template.ts'
import { ENGINE_FLAGS, OPERATOR_FLAGS, REFUSED_FLAGS, REMOVED_FLAGS } from './engine-flags.ts'
import { originFault } from './origins.ts'
import { FLAG_KEYS, FLAG_VALUES } from './safe-flags.ts'
import { VLLM_FLAGS, VLLM_VERSION } from './vllm-flags.ts'

/** A flag as the file has it: `flag` without dashes in front, with dashes for underscores. */
export interface Flag {
  readonly flag: string
  readonly path: string
  readonly value: unknown
}

/**
 * Why a user may not set a flag to this value, if so: it is not on the list, or what it holds names code, files or hosts. An
 * administrator opens flags by name, of this or another release; what is opened is looked into no further.
 */
export function flagFault({ flag, path, value }: Flag, opened: readonly string[]): Complaint | undefined {
  const name = nameOf(flag)
  const own = because(OPERATOR_FLAGS, name)
  if (own !== undefined) return forbidden(path, undefined, own, { fix: 'remove it' })
  if (opened.includes(name) || opened.includes('*')) return undefined
  return ENGINE_FLAGS.has(name) ? valueFault({ flag, path, value }, name) : nameFault(path, name)
}

function nameFault(path: string, name: string): Complaint {
  const refused = because(REFUSED_FLAGS, name)
  if (refused !== undefined) return forbidden(path, undefined, refused, { fix: OPEN })
  const instead = Object.hasOwn(REMOVED_FLAGS, name) ? REMOVED_FLAGS[name] : undefined
  if (instead !== undefined) {
    return notSupported(path, name, `vLLM ${VLLM_VERSION} has no such flag any more and does not start`, {
      fix: instead,
    })
  }
  if (VLLM_FLAGS.includes(name)) {
    return forbidden(path, undefined, 'this flag is not among those that everybody may set', { fix: OPEN })
  }
  const whole = FLAG_NAMES.filter((known) => known.startsWith(name)).slice(0, 3)
  if (whole.length > 0) {
    return invalid(path, name, 'the name of a flag is cut off', { fix: `write ${whole.join(' or ')}` })
  }
  return notSupported(
    path,
    name,
    `vLLM ${VLLM_VERSION}, the default server, has no such flag and does not start with it`,
    {
      fix: didYouMean(name, FLAG_NAMES, `check the spelling; if your server image has it, ${LIST}`),
    },
  )
}

const LIST = 'have it listed in settings.engineFlags'
const OPEN = `remove it, or ${LIST}`
const FLAG_NAMES = [...ENGINE_FLAGS]

/** Python completes shortened flags, so a beginning of one that is not the user's counts as that one. */
function because(flags: Readonly<Record<string, string>>, name: string): string | undefined {
  if (ENGINE_FLAGS.has(name)) return undefined
  return Object.hasOwn(flags, name) ? flags[name] : Object.entries(flags).find(([flag]) => flag.startsWith(name))?.[1]
}

/** `a` of `no-a` and of `a.b`. */
const nameOf = (flag: string) => flag.split('.')[0]?.replace(/^no-/, '') ?? flag

/** Flags whose value is looked at as a whole. Neither `no-a` nor `a.b` of them means anything. */
const WHOLE: Readonly<Record<string, (path: string, value: unknown) => Complaint | undefined>> = {
  'allowed-origins': originFault,
  'chat-template': chatTemplateFault,
}
const WHOLE_ONLY = 'this flag has one value, and no other spelling'

function valueFault({ flag, path, value }: Flag, name: string): Complaint | undefined {
  const fault = Object.hasOwn(WHOLE, name) ? WHOLE[name] : undefined
  if (fault !== undefined) {
    return flag === name ? fault(path, value) : notSupported(path, flag, WHOLE_ONLY, { fix: `write ${name}` })
  }
  const keys = flag.split('.').slice(1)
  const values = FLAG_VALUES[name]
  if (values !== undefined && value !== null && !(keys.length === 0 && values.some((each) => each === value))) {
    return notSupported(path, value, 'this flag takes only what is known to be harmless', {
      fix: `write ${values.join(' or ')}, or ${LIST}`,
    })
  }
  // vLLM reads a text that is JSON as JSON, and `a.b: 1` as `a: {b: 1}`.
  const parsed = typeof value === 'string' ? (parseJson(value) ?? value) : value
  const whole = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), parsed)
  const found = reachingOut(whole, FLAG_KEYS[name])
  return found === undefined
    ? undefined
    : forbidden(path, undefined, `${found} may name code, files, hosts or another model`, { fix: OPEN })
}

/** The first key or text in a value, however deep, that reaches out of the server. `keys` are the only ones of the outermost map. */
function reachingOut(value: unknown, keys?: readonly string[]): string | undefined {
  // Python reads some JSON that others do not, such as NaN.
  if (typeof value === 'string' && /^\s*[{[]/.test(value)) return 'a text like JSON that is none'
  if (typeof value === 'string') return isPlace(value) ? 'an address or a path' : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const word = key.toLowerCase().replaceAll('-', '_')
    const isKnown = keys === undefined || Array.isArray(value) || keys.includes(word)
    if (!isKnown || REACHING.test(word)) return `the key ${key.slice(0, 60)}`
    const found = reachingOut(inner)
    if (found !== undefined) return found
  }
  return undefined
}

const REACHING =
  /(^|_)(path|dir|directory|file|filename|folder|module|url|uri|endpoint|host|hostname|ip|addr|address|port|socket|plugin|connector|cls|passes|repo|command|import|revision|hook|remote_code)s?(_|$)|^(model|tokenizer|processor|auto_map|chat_template|custom_pipelines|name_or_path|_name_or_path)$/

/** An address, or a path that leaves its place. Python takes `~` for a home. */
const isPlace = (text: string) => text.includes('://') || /^(?:[/~]|\.\.?[/])/.test(text)
