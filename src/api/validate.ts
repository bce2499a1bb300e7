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
  const faults = shapeFaults(value)
  return faults.length === 0
    ? { ok: true, workspace: value as Workspace }
    : { ok: false, problems: faults.map(({ path, detail }) => `${path}: ${detail}`) }
}

/** What is wrong with the shape, each with where it is; empty for a Workspace. */
export function shapeFaults(value: unknown): readonly { readonly path: string; readonly detail: string }[] {
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

function describe({ instancePath, message, params }: ErrorObject) {
  const path = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  const allowed = 'allowedValues' in params ? `: ${String(params['allowedValues'])}` : ''
  return { path: path === '' ? 'the object' : path, detail: `${message ?? 'is malformed'}${allowed}` }
}
