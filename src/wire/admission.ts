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
    configMaps: new Map(),
    secrets: new Map(),
    ...(request.oldObject === undefined || request.oldObject === null ? {} : { old: asWorkspace(request.oldObject) }),
  })
  const configMaps = new RememberedLookups((...where) => configMapLookup(client, ...where))
  const secrets = new RememberedLookups((...where) => secretLookup(client, ...where))
  return {
    async validate(request) {
      const workspace = asWorkspace(request.object)
      const known = facts(request)
      const { namespace } = known
      const wanted = needs(workspace)
      const findings = async (mode: Mode) => {
        const [maps, found] = await Promise.all([
          configMaps.all(namespace, wanted.configMaps, mode),
          secrets.all(namespace, wanted.secrets, mode),
        ])
        const told = admit(workspace, { ...known, configMaps: maps.values, secrets: found.values }, planLines)
        return { told, isFresh: maps.isFresh && found.isFresh }
      }
      const quick = await findings(known.dryRun ? 'fresh' : 'recent')
      const { told } = quick.isFresh || !mayBeStale(quick.told) ? quick : await findings('fresh')
      return { errors: told.errors, warnings: [...warningLines(told.warnings), ...fitWarnings(told.plan)] }
    },
    default: async (request) => withDefaults(asWorkspace(request.object), facts(request)),
  }
}

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
