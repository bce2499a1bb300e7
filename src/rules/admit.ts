import { faultForRules, type ShapeFault } from '#src/api/validate.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { deepEqual } from '#src/lib/deep.ts'
import { invalid } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import { comparable } from './comparable.ts'
import { type Findings, type OnRule, runRules } from './run.ts'
import { WORKSPACE_RULES } from './workspace-rules.ts'

/** What `kubectl apply --dry-run=server` shows of the consequences, one line each. Given by whoever can plan. */
export type PlanLines = (workspace: Workspace, facts: Facts) => readonly string[]

export interface Ruling extends Findings {
  /** The plan, on a dry run that is not refused; else empty. */
  readonly plan: readonly string[]
}

/**
 * The whole verdict on one Workspace. Nothing blocks an object that is being deleted, or a change that touches nothing
 * the rules read (labels, finalizers, a re-apply): such an object can always go or be kept as it is.
 */
export function admit(workspace: Workspace, facts: Facts, planLines?: PlanLines, onRule?: OnRule): Ruling {
  if (workspace.metadata?.deletionTimestamp !== undefined) return SILENT
  const fault = faultForRules(workspace)
  if (fault !== undefined) return unread(workspace, facts, fault)
  const known = comparable(facts)
  if (isUntouched(workspace, known)) return SILENT
  const findings = runRules(WORKSPACE_RULES, workspace, known, onRule)
  const plan = facts.dryRun && findings.errors.length === 0 && planLines ? planLines(workspace, known) : []
  return { ...findings, plan }
}

/**
 * No rule reads what is of another shape or size than the CRD has, whatever the old object was like. One that was stored
 * before there was a limit stays as it is, and its metadata can change; what it asks for changes only into the limits.
 */
function unread(workspace: Workspace, { operation, old }: Facts, fault: ShapeFault): Ruling {
  const isKept = operation === 'UPDATE' && old !== undefined && deepEqual(wish(old), wish(workspace))
  if (!isKept) return misshapen(fault, operation === 'UPDATE' ? 'bring it within the limits' : INSTALL)
  return { ...SILENT, warnings: misshapen(fault, 'it is kept unchecked; bring it within the limits').errors }
}

/** An API server with our definition would have said so itself; that one is the first thing to look at. */
const INSTALL = 'install the CustomResourceDefinition of this version of the operator'

const misshapen = ({ path, detail }: ShapeFault, fix: string): Ruling => ({
  ...SILENT,
  errors: [{ ...invalid(path, undefined, detail, { fix }), origin: 'workspace.shape' }],
})

const LOOKING = new Set(WORKSPACE_RULES.filter(({ reads }) => reads !== undefined).map(({ id }) => id))

/** Whether what was looked up speaks against the Workspace, or may: a refusal, or a warning of a rule that looks something up. */
export const restsOnLookups = ({ errors, warnings }: Findings): boolean =>
  errors.length > 0 || warnings.some(({ origin }) => LOOKING.has(origin))

const SILENT: Ruling = { errors: [], warnings: [], plan: [] }

function isUntouched(workspace: Workspace, { operation, old }: Facts): boolean {
  if (operation !== 'UPDATE' || !old) return false
  return deepEqual(subject(old), subject(workspace))
}

/** The parts of a Workspace that rules may look at. `spec` is the apiserver's to refuse. */
const subject = (workspace: Workspace) => ({
  annotations: { ...workspace.metadata?.annotations, 'kubectl.kubernetes.io/last-applied-configuration': undefined },
  ...wish(workspace),
})

/** What its author asks for. */
const wish = ({ resource, inference, tuning }: Workspace) => ({ resource, inference, tuning })
