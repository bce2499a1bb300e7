import { faultForRules, type ShapeFault, shapeFaults } from '#src/api/validate.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { deepEqual } from '#src/lib/deep.ts'
import { invalid } from '#src/lib/field-error.ts'
import type { Facts } from './rule.ts'
import { type Findings, MAX_FINDINGS, runRules } from './run.ts'
import { WORKSPACE_RULES } from './workspace-rules.ts'

/** What `kubectl apply --dry-run=server` shows of the consequences, one line each. Given by whoever can plan. */
export type PlanLines = (workspace: Workspace, facts: Facts) => readonly string[]

export interface Admission extends Findings {
  /** The plan, on a dry run that is not refused; else empty. */
  readonly plan: readonly string[]
}

/**
 * The whole verdict on one Workspace. Nothing blocks an object that is being deleted, or a change that touches nothing
 * the rules read (labels, finalizers, a re-apply): such an object can always go or be kept as it is.
 */
export function admit(workspace: Workspace, facts: Facts, planLines?: PlanLines): Admission {
  try {
    if (workspace.metadata?.deletionTimestamp !== undefined || isUntouched(workspace, facts)) return SILENT
    const fault = faultForRules(workspace)
    // An object that was stored before there was a limit may keep what it has.
    if (fault !== undefined && !(facts.old && faultForRules(facts.old)?.path === fault.path)) return misshapen([fault])
    const findings = runRules(WORKSPACE_RULES, workspace, facts)
    const plan = facts.dryRun && findings.errors.length === 0 && planLines ? planLines(workspace, facts) : []
    return { ...findings, plan }
  } catch (error) {
    const answer = ofAnotherShape(workspace, facts, planLines)
    // What throws on a well-shaped object is a bug, and is answered as one.
    if (answer === undefined) throw error
    return answer
  }
}

/**
 * Rules take the CRD's schema for granted, which an API server has applied before it asks us. Where it went by another
 * version of the definition, that is what to say; an old object of another shape has nothing to be compared with.
 */
function ofAnotherShape(workspace: Workspace, facts: Facts, planLines?: PlanLines): Admission | undefined {
  const faults = shapeFaults(workspace)
  if (faults.length > 0) return misshapen(faults)
  const { old, ...rest } = facts
  return old === undefined || shapeFaults(old).length === 0 ? undefined : admit(workspace, rest, planLines)
}

/** An API server with our definition would have said so itself; that one is the first thing to look at. */
function misshapen(faults: readonly ShapeFault[]): Admission {
  const fix = 'install the CustomResourceDefinition of this version of the operator'
  const errors = faults.slice(0, MAX_FINDINGS).map(({ path, detail }) => invalid(path, undefined, detail, { fix }))
  return { ...SILENT, errors: errors.map((error) => ({ ...error, origin: 'workspace.shape' })) }
}

const SILENT: Admission = { errors: [], warnings: [], plan: [] }

function isUntouched(workspace: Workspace, { operation, old }: Facts): boolean {
  if (operation !== 'UPDATE' || !old) return false
  return deepEqual(subject(old), subject(workspace))
}

/** The parts of a Workspace that rules may look at. `spec` is the apiserver's to refuse. */
const subject = ({ metadata, resource, inference, tuning }: Workspace) => ({
  annotations: { ...metadata?.annotations, 'kubectl.kubernetes.io/last-applied-configuration': undefined },
  resource,
  inference,
  tuning,
})
