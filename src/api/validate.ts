import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Workspace, workspaceSchema } from './workspace.ts'

/** Formats are the apiserver's to check; keywords of Kubernetes (x-kubernetes-…) mean nothing to ajv. */
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
let compiled: ValidateFunction | undefined

export type Shaped =
  | { readonly ok: true; readonly workspace: Workspace }
  | { readonly ok: false; readonly problems: string[] }

/** Has a value the shape that the CRD demands of a Workspace? For where no apiserver has checked it before us. */
export function asShapedWorkspace(value: unknown): Shaped {
  // Compiled when first asked for: an operator behind an API server may never need it.
  compiled ??= ajv.compile(workspaceSchema)
  const isShaped = compiled
  if (!isShaped(value)) return { ok: false, problems: (isShaped.errors ?? []).map(describe) }
  const workspace = value as Workspace
  const problems = [
    ...(typeof workspace.metadata?.name === 'string' ? [] : ['metadata.name: must be set']),
    // The CRD says this in CEL, which ajv does not speak.
    ...('spec' in workspace
      ? ['spec: a Workspace has none; write resource, inference and tuning at the top level']
      : []),
  ]
  return problems.length === 0 ? { ok: true, workspace } : { ok: false, problems }
}

function describe({ instancePath, message, params }: ErrorObject): string {
  const path = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  const allowed = 'allowedValues' in params ? `: ${String(params['allowedValues'])}` : ''
  return `${path === '' ? 'the object' : path}: ${message ?? 'is malformed'}${allowed}`
}
