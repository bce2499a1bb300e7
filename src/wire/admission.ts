import type { Workspace } from '#src/api/workspace.ts'
import type { Config } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { configMapLookup, secretLookup } from '#src/kube/lookups.ts'
import { planLines } from '#src/plan/preview.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { fitWarnings, warningLines } from '#src/rules/feedback.ts'
import { needs } from '#src/rules/needs.ts'
import type { Facts, Lookup, Policy } from '#src/rules/rule.ts'
import type { Admission, AdmissionRequest } from '#webhooks/admission.ts'

/** The rules behind the webhook: looks up what they need, runs them, and says what the author should know. */
export function wireAdmission(config: Config, client: KubeClient): Admission {
  const { settings, catalog } = config
  const policy: Policy = {
    cloud: settings.cloud,
    nodeProvisioner: settings.nodeProvisioner,
    datasetAllowPrivate: settings.datasetAllowPrivate,
  }
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
  return {
    async validate(request, signal) {
      const workspace = asWorkspace(request.object)
      const known = facts(request)
      const { configMaps, secrets } = needs(workspace, policy)
      const { namespace } = known
      const findings = admit(
        workspace,
        {
          ...known,
          configMaps: await lookUp(configMaps, (name) => configMapLookup(client, namespace, name, signal)),
          secrets: await lookUp(secrets, (name) => secretLookup(client, namespace, name, signal)),
        },
        (subject) => planLines(subject, config),
      )
      return { errors: findings.errors, warnings: [...warningLines(findings.warnings), ...fitWarnings(findings.plan)] }
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

async function lookUp<T>(
  names: readonly string[],
  find: (name: string) => Promise<Lookup<T>>,
): Promise<Map<string, Lookup<T>>> {
  return new Map(await Promise.all(names.map(async (name): Promise<[string, Lookup<T>]> => [name, await find(name)])))
}
