import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { covers } from '#src/lib/docker-config.ts'
import { invalid, required } from '#src/lib/field-error.ts'
import { type ImageRef, parseImageRef } from '#src/lib/image-ref.ts'
import type { Facts, SecretFacts } from '#src/reading/facts.ts'
import { type SecretUse, secretUses } from '#src/reading/mentions.ts'
import { isPlaceholder } from '#src/reading/placeholder.ts'
import { rule } from './rule.ts'

export const secretRules = [
  rule({
    id: 'secret.placeholder',
    about: 'A Secret that still says ACR_REGISTRY_SECRET_HERE was copied from the documentation.',
    level: 'error',
    check: (workspace) =>
      secretUses(workspace)
        .filter(({ name }) => isPlaceholder(name))
        .map(({ path, name, role }) =>
          invalid(path, name, 'this is the placeholder from the documentation', {
            fix: `write the name of your Secret, e.g. ${EXAMPLE[role]}`,
          }),
        ),
  }),

  rule({
    id: 'secret.name',
    about: 'A Secret is named as Kubernetes names objects.',
    level: 'error',
    check: (workspace) =>
      secretUses(workspace).flatMap(({ path, name }) =>
        isPlaceholder(name) || isDnsSubdomain(name)
          ? []
          : [
              invalid(path, name, 'no Secret can have this name (lower-case letters, digits, "-" and ".")', {
                fix: 'write the name of a Secret of this namespace',
              }),
            ],
      ),
  }),

  rule({
    id: 'secret.type',
    about: 'A Secret that exists holds what it is used for: registry credentials, the key HF_TOKEN, or API keys.',
    level: 'error',
    reads: ['secrets'],
    check: (workspace, facts) =>
      found(workspace, facts).flatMap(({ use, secret }) => {
        if (use.role === 'keys') {
          if (secret.keys.length > 0) return []
          return [
            invalid(use.path, use.name, 'this Secret is empty, so nobody would have a key', {
              fix: create(use, facts),
            }),
          ]
        }
        if (use.role === 'token') {
          if (secret.keys.includes('HF_TOKEN')) return []
          return [invalid(use.path, use.name, 'this Secret has no key HF_TOKEN', { fix: create(use, facts) })]
        }
        if (holdsLogins(use, secret)) return []
        return [
          invalid(use.path, use.name, 'this Secret holds no registry credentials', {
            fix: `create it as type kubernetes.io/dockerconfigjson: ${create(use, facts)}`,
          }),
        ]
      }),
  }),

  rule({
    id: 'secret.registry',
    about:
      "Registry credentials that exist include a login for the image's registry, as the kubelet reads them; of several pull Secrets one of them.",
    level: 'warning',
    reads: ['secrets'],
    check: (workspace, facts) => {
      const uses = found(workspace, facts)
      // Of several pull Secrets one is enough: the kubelet and the pull step look into all of them.
      const served = new Set(uses.filter(hasLogin).map(({ use }) => listOf(use)))
      return uses.flatMap(({ use, secret }) => {
        const image = imageOf(use)
        if (image === undefined || !holdsLogins(use, secret) || served.has(listOf(use))) return []
        const fix = create(use, facts)
        if (secret.loginless.some((entry) => covers(entry, image))) {
          const why = `its entry for ${image.registry} holds no login: a credential helper of the machine it comes from keeps it`
          return [invalid(use.path, use.name, why, { fix })]
        }
        return [invalid(use.path, use.name, `it has no credentials for ${image.registry}`, { fix })]
      })
    },
  }),

  rule({
    id: 'secret.exists',
    about:
      'A Secret that does not exist yet is only warned of, because it may be applied next; no GPU is used before it is there.',
    level: 'warning',
    reads: ['secrets'],
    check: (workspace, facts) =>
      secretUses(workspace).flatMap((use) => {
        if (isPlaceholder(use.name) || facts.secrets.get(use.name)?.state !== 'missing') return []
        const detail = `Secret ${use.name} is not in namespace ${facts.namespace} (yet)`
        return [required(use.path, detail, { fix: create(use, facts) })]
      }),
  }),

  rule({
    id: 'secret.unchecked',
    about: 'A Secret that could not be looked up in time is not checked; the Workspace says later if it does not fit.',
    level: 'warning',
    reads: ['secrets'],
    check: (workspace, { secrets }) =>
      secretUses(workspace)
        .filter(({ name }) => secrets.get(name)?.state === 'unknown')
        .map(({ path, name }) =>
          invalid(path, name, 'this Secret could not be looked up in time, so it was not checked'),
        ),
  }),
]

function found(
  workspace: Parameters<typeof secretUses>[0],
  { secrets }: Facts,
): { use: SecretUse; secret: SecretFacts }[] {
  return secretUses(workspace).flatMap((use) => {
    const lookup = secrets.get(use.name)
    return lookup?.state === 'found' && !isPlaceholder(use.name) ? [{ use, secret: lookup.value }] : []
  })
}

/** Of either format for pulling, as the kubelet has it; a push Secret is mounted by the key of the new one. */
const holdsLogins = ({ role }: SecretUse, { keys }: SecretFacts) =>
  (role === 'pull' || role === 'push') &&
  (keys.includes('.dockerconfigjson') || (role === 'pull' && keys.includes('.dockercfg')))

function hasLogin({ use, secret }: ReturnType<typeof found>[number]): boolean {
  const image = imageOf(use)
  return image !== undefined && holdsLogins(use, secret) && secret.registries.some((entry) => covers(entry, image))
}

/** Where the list is that names a Secret; the path itself where it is no list. */
const listOf = ({ path }: SecretUse) => path.replace(/\[\d+\]$/, '')

function imageOf(use: SecretUse): ImageRef | undefined {
  const parsed = use.image === undefined || isPlaceholder(use.image) ? undefined : parseImageRef(use.image)
  return parsed?.ok ? parsed.ref : undefined
}

const EXAMPLE: Readonly<Record<SecretUse['role'], string>> = {
  pull: 'my-registry-secret',
  push: 'my-registry-secret',
  token: 'hf-token',
  keys: 'my-api-keys',
}

/** The command that creates what a Secret is used for. */
function create(use: SecretUse, { namespace }: Facts): string {
  const generic = (literal: string) =>
    `kubectl create secret generic ${use.name} --from-literal=${literal} -n ${namespace}`
  if (use.role === 'token') return generic('HF_TOKEN=…')
  if (use.role === 'keys') return generic('my-app="$(openssl rand -hex 24)"')
  const server = imageOf(use)?.registry ?? '…'
  return `kubectl create secret docker-registry ${use.name} --docker-server=${server} --docker-username=… --docker-password=… -n ${namespace}`
}
