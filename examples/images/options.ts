import { parseArgs } from 'node:util'
import { parseImageRef } from '#src/lib/image-ref.ts'
import type { Result } from '#src/lib/result.ts'
import { buildOrder, type ImageName, type Kind } from './recipes.ts'
import type { ToolName } from './tool.ts'

export const USAGE = `usage: npm run images -- --to REGISTRY/PATH [options]
  Builds the images that the chart needs, pushes them to REGISTRY/PATH, and writes the Helm values that use them.
  Log in first (buildah login REGISTRY, or docker login REGISTRY). What has not changed is neither built nor pushed again.

  --kind cuda|cpu      cuda (default): the trainer is built for NVIDIA GPUs, and the server stays the public image of vLLM.
                       cpu: a trainer and a server that need no GPU, for a try with small models
  --tool buildah|docker  default: buildah if it is installed, else docker
  --values FILE        where the values go (default kaito-images.yaml; - for stdout). What else is in that file stays
  --only NAMES         some of operator,redis,trainer,server. With cuda, naming server copies vLLM's image, too
  --pulled-as REGISTRY/PATH  how nodes name that place, if not like this machine
  --plain-http         REGISTRY has no TLS (loopback addresses are taken to have none)`

export interface Options {
  /** The place to push to. */
  readonly host: string
  readonly path: string
  /** The place to pull from, as the values say it. */
  readonly pulledAs: string
  readonly kind: Kind
  /** Undefined: whichever there is. */
  readonly tool: ToolName | undefined
  readonly names: readonly ImageName[]
  /** Undefined: stdout. */
  readonly values: string | undefined
  readonly plainHttp: boolean
}

/** `help` is no fault. */
export type Parsed = Result<{ readonly options: Options }, string | undefined>

export function parseOptions(args: readonly string[]): Parsed {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS })
    if (values.help) return { ok: false, reason: undefined }
    const place = placeOf('--to', values.to ?? fail('--to REGISTRY/PATH is missing: where shall the images go?'))
    const pulledAs = values['pulled-as'] === undefined ? place : placeOf('--pulled-as', values['pulled-as'])
    const kind = oneOf('--kind', values.kind, KINDS)
    return {
      ok: true,
      options: {
        ...place,
        pulledAs: pulledAs.path === '' ? pulledAs.host : `${pulledAs.host}/${pulledAs.path}`,
        kind,
        tool: values.tool === undefined ? undefined : oneOf('--tool', values.tool, TOOLS),
        names: namesOf(values.only, kind),
        values: values.values === '-' ? undefined : values.values,
        plainHttp: values['plain-http'] || LOOPBACK.test(place.host),
      },
    }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

const FLAGS = {
  to: { type: 'string' },
  kind: { type: 'string', default: 'cuda' },
  tool: { type: 'string' },
  values: { type: 'string', default: 'kaito-images.yaml' },
  only: { type: 'string' },
  'pulled-as': { type: 'string' },
  'plain-http': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const
const KINDS = ['cuda', 'cpu'] as const
const TOOLS = ['buildah', 'docker'] as const
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/

function fail(fault: string): never {
  throw new Error(fault)
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === value)
  return chosen ?? fail(`${flag} ${value}: choose from ${choices.join(', ')}`)
}

/** On GPUs vLLM's own image is public and large: it is copied only when asked for by name. */
function namesOf(only: string | undefined, kind: Kind): readonly ImageName[] {
  if (only === undefined) return buildOrder.filter((name) => kind === 'cpu' || name !== 'server')
  const asked = only.split(',').map((name) => oneOf('--only', name.trim(), buildOrder))
  return buildOrder.filter((name) => asked.includes(name))
}

function placeOf(flag: string, text: string): { readonly host: string; readonly path: string } {
  const bare = text.replace(/\/+$/, '')
  const parsed = parseImageRef(`${bare}/operator`)
  if (!parsed.ok) {
    const fix = parsed.fix === undefined ? '' : ` (write ${parsed.fix.replace(/^write /, '')})`
    // The name of an image was put behind the place only to read it.
    fail(`${flag} ${text}: ${`${parsed.reason}${fix}`.replaceAll(/\/operator(?=[")])/g, '')}`)
  }
  const { registry, repository } = parsed.ref
  return { host: registry, path: repository === 'operator' ? '' : repository.slice(0, -'/operator'.length) }
}
