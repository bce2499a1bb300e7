import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isLargerThan } from '#src/lib/json-size.ts'
import { lastOnly } from '#src/lib/per-object.ts'
import type { Result } from '#src/lib/result.ts'
import { LIMIT } from './limits.ts'
import { type Workspace, workspaceSchema } from './workspace.ts'

/** Formats are the apiserver's to check; keywords of Kubernetes (x-kubernetes-…) mean nothing to ajv. */
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
let compiled: ValidateFunction | undefined

/** Stops at the first fault, and looks only at what rules read: asked before every admission. */
const strict = new Ajv({ allErrors: false, strict: false, validateFormats: false })
let compiledForRules: ValidateFunction | undefined

export type Shaped = Result<{ readonly workspace: Workspace }, readonly string[]>

export interface ShapeFault {
  readonly path: string
  readonly detail: string
}

/** Has a value the shape that the CRD demands of a Workspace? For where no apiserver has checked it before us. */
export function asShapedWorkspace(value: unknown): Shaped {
  const faults = shapeFaults(value)
  return faults.length === 0
    ? { ok: true, workspace: value as Workspace }
    : { ok: false, reason: faults.map(({ path, detail }) => `${path}: ${detail}`) }
}

/** What is wrong with the shape, each with where it is; empty for a Workspace. */
export function shapeFaults(value: unknown): readonly ShapeFault[] {
  // Compiled when first asked for: an operator behind an API server may never need it.
  compiled ??= ajv.compile(workspaceSchema)
  if (!compiled(value)) return (compiled.errors ?? []).map(describe)
  const workspace = value as Workspace
  return [
    ...(typeof workspace.metadata?.name === 'string' ? [] : [{ path: 'metadata.name', detail: 'must be set' }]),
    // The CRD says this in CEL, which ajv does not speak.
    ...('spec' in workspace
      ? [{ path: 'spec', detail: 'a Workspace has none; write resource, inference and tuning at the top level' }]
      : []),
  ]
}

/**
 * The first fault in what rules read: a shape or a size that the CRD does not allow. Rules may take both for granted, and
 * an API server has seen to it; whoever asks the webhook without one must not be able to hand them anything larger.
 */
export const faultForRules = lastOnly((value: object): ShapeFault | undefined => {
  compiledForRules ??= strict.compile(rulesSchema)
  if (!compiledForRules(value)) return (compiledForRules.errors ?? []).map(describe)[0]
  return sizeFault(value as Workspace)
})

/** What no structural schema can say: sizes of what is somebody else's, of keys, and of everything together. */
function sizeFault({ metadata, resource, inference, tuning }: Workspace): ShapeFault | undefined {
  const open: readonly (readonly [string, unknown, number])[] = [
    ['metadata.annotations', metadata?.annotations, LIMIT.annotations],
    ['inference.template', inference?.template, LIMIT.openJson],
    ...(inference?.adapters ?? []).map(
      ({ source }, index) =>
        [`inference.adapters[${index}].source.volumeSource`, source?.volumeSource, LIMIT.openJson] as const,
    ),
    ['tuning.input.volumeSource', tuning?.input?.volumeSource, LIMIT.openJson],
    ['tuning.output.volumeSource', tuning?.output?.volumeSource, LIMIT.openJson],
  ]
  const { values, characters } = LIMIT.judged
  const large = open.find(
    ([, inside, most]) => inside !== undefined && isLargerThan(inside, { characters: most, values }),
  )
  if (large) return { path: large[0], detail: `must be at most ${large[2]} characters of JSON and ${values} values` }
  const labels = Object.keys(resource?.labelSelector?.matchLabels ?? {})
  if (labels.some((key) => key.length > LIMIT.labelKey)) {
    return {
      path: 'resource.labelSelector.matchLabels',
      detail: `must have keys of at most ${LIMIT.labelKey} characters`,
    }
  }
  if (!isLargerThan([resource ?? null, inference ?? null, tuning ?? null], LIMIT.judged)) return undefined
  const detail = `resource, inference and tuning together must be at most ${characters} characters of JSON and ${values} values`
  return { path: 'the object', detail }
}

const { resource, inference, tuning } = workspaceSchema.properties
/** Of the metadata only what rules read. */
const metadata = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: LIMIT.name },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
  },
}
const rulesSchema = { type: 'object', properties: { metadata, resource, inference, tuning } }

function describe({ instancePath, message, params }: ErrorObject) {
  const path = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  const allowed = 'allowedValues' in params ? `: ${String(params['allowedValues'])}` : ''
  return { path: path === '' ? 'the object' : path, detail: `${message ?? 'is malformed'}${allowed}` }
}
