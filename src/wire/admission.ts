import type { Workspace } from '#src/api/workspace.ts'
import type { Config } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import type { Mode } from '#src/kube/remembered-lookups.ts'
import { planLines } from '#src/plan/preview.ts'
import { policyOf } from '#src/reading/facts.ts'
import { admit, type PlanLines, type Ruling, restsOnLookups } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { fitWarnings, warningLines } from '#src/rules/feedback.ts'
import { needs } from '#src/rules/needs.ts'
import { unwatched, type Watch } from '#src/runtime/watchdog.ts'
import type { Admission, AdmissionRequest, Verdict } from '#webhooks/admission.ts'
import { nameOf } from '#webhooks/answer.ts'
import { type Found, NOTHING_NAMED, wireLookups } from './lookups.ts'

/** The rules behind the webhook: looks up what they need, runs them, and says what the author should know. */
export function wireAdmission(config: Config, client: KubeClient, watch: Watch = unwatched): Admission {
  const { settings, catalog } = config
  const policy = policyOf(settings)
  const lookups = wireLookups(client)
  const onRule = (id: string) => watch.step(id)
  const plan: PlanLines = (...about) => {
    watch.step('the plan of a dry run')
    return planLines(...about)
  }
  const factsOf = (request: AdmissionRequest) => ({
    operation: request.operation === 'UPDATE' ? ('UPDATE' as const) : ('CREATE' as const),
    namespace: request.namespace ?? 'default',
    dryRun: request.dryRun === true,
    policy,
    catalog,
    ...(request.oldObject === undefined || request.oldObject === null ? {} : { old: asWorkspace(request.oldObject) }),
  })
  return {
    validate(request) {
      const workspace = asWorkspace(request.object)
      const facts = factsOf(request)
      const wanted = needs(workspace, facts)
      const judge = (found: Found) =>
        watch.during(nameOf(request), () => ({
          told: admit(workspace, { ...facts, ...found }, plan, onRule),
          found,
        }))
      const mode = facts.dryRun ? 'fresh' : 'recent'
      const known = lookups.atOnce(facts.namespace, wanted, mode)
      const quick = known && judge(known)
      if (quick && holds(quick)) return verdict(quick)
      const later = async () => {
        const until = AbortSignal.timeout(LOOKING_MS)
        const ask = async (mode: Mode) => judge(await lookups.ask(facts.namespace, wanted, mode, until))
        const first = await ask(quick ? 'fresh' : mode)
        return verdict(holds(first) ? first : await ask('fresh'))
      }
      return later()
    },
    default: (request) => {
      watch.step('defaults')
      return withDefaults(asWorkspace(request.object), { ...factsOf(request), ...NOTHING_NAMED })
    },
  }
}

/**
 * For all look-ups of one answer together, however often something has to be asked again. Well below the time for the answer: a
 * slow API server, or a machine on which timers come late, must not have anybody refused.
 */
const LOOKING_MS = 1_500

interface Judged {
  readonly told: Ruling
  readonly found: Found
}

/** The apiserver has checked the object against the CRD's schema; rules must stand whatever that lets through. */
function asWorkspace(object: unknown): Workspace {
  const value = object as Workspace
  return typeof value === 'object' && value !== null && typeof value.metadata === 'object'
    ? value
    : { ...value, metadata: { name: '' } }
}

/** A remembered object may let a Workspace in, but never speak against it: its author may just have corrected it. */
const holds = ({ told, found }: Judged) => found.isFresh || !restsOnLookups(told)

const verdict = ({ told }: Judged): Verdict => ({
  errors: told.errors,
  warnings: [...warningLines(told.warnings), ...fitWarnings(told.plan)],
})
