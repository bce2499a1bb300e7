import type { Workspace } from '#src/api/workspace.ts'
import type { Config } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { configMapLookup, secretLookup } from '#src/kube/lookups.ts'
import { type Mode, RememberedLookups } from '#src/kube/remembered-lookups.ts'
import { planLines } from '#src/plan/preview.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { fitWarnings, warningLines } from '#src/rules/feedback.ts'
import { needs } from '#src/rules/needs.ts'
import { type Facts, policyOf } from '#src/rules/rule.ts'
import type { Findings } from '#src/rules/run.ts'
import type { Admission, AdmissionRequest } from '#webhooks/admission.ts'

/** The rules behind the webhook: looks up what they need, runs them, and says what the author should know. */
export function wireAdmission(config: Config, client: KubeClient): Admission {
  const { settings, catalog } = config
  const policy = policyOf(settings)
  const facts = (request: AdmissionRequest): Facts => ({
    operation: request.operation === 'UPDATE' ? 'UPDATE' : 'CREATE',
    namespace: request.namespace ?? 'default',
    dryRun: request.dryRun === true,
    policy,
    catalog,
    ...NOTHING,
    ...(request.oldObject === undefined || request.oldObject === null ? {} : { old: asWorkspace(request.oldObject) }),
  })
  const configMaps = new RememberedLookups((...where) => configMapLookup(client, ...where))
  const secrets = new RememberedLookups((...where) => secretLookup(client, ...where))
  return {
    validate(request) {
      const workspace = asWorkspace(request.object)
      const known = facts(request)
      const wanted = needs(workspace)
      const judge = (found: Pick<Facts, 'configMaps' | 'secrets'>) =>
        admit(workspace, { ...known, ...found }, planLines)
      if (wanted.configMaps.length + wanted.secrets.length === 0) return verdict(judge(NOTHING))
      const lookUp = async (mode: Mode) => {
        const [maps, found] = await Promise.all([
          configMaps.all(known.namespace, wanted.configMaps, mode),
          secrets.all(known.namespace, wanted.secrets, mode),
        ])
        const told = judge({ configMaps: maps.values, secrets: found.values })
        return { told, isFresh: maps.isFresh && found.isFresh }
      }
      const afterLookUp = async () => {
        const quick = await lookUp(known.dryRun ? 'fresh' : 'recent')
        return verdict(quick.isFresh || !mayBeStale(quick.told) ? quick.told : (await lookUp('fresh')).told)
      }
      return afterLookUp()
    },
    default: (request) => withDefaults(asWorkspace(request.object), facts(request)),
  }
}

const NOTHING: Pick<Facts, 'configMaps' | 'secrets'> = { configMaps: new Map(), secrets: new Map() }

const verdict = ({ errors, warnings, plan }: Findings & { readonly plan: readonly string[] }) => ({
  errors,
  warnings: [...warningLines(warnings), ...fitWarnings(plan)],
})

/** The apiserver has checked the object against the CRD's schema; rules must stand whatever that lets through. */
function asWorkspace(object: unknown): Workspace {
  const value = object as Workspace
  return typeof value === 'object' && value !== null && typeof value.metadata === 'object'
    ? value
    : { ...value, metadata: { name: '' } }
}

/** A remembered object may let a Workspace in, but never speak against it: its author may just have corrected it. */
const mayBeStale = ({ errors, warnings }: Findings) =>
  errors.length > 0 || warnings.some(({ origin }) => /^(secret|config|training-config|inference-config)\./.test(origin))
