import { CONTAINER_LISTS } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import { isJsonObject } from '#src/lib/json.ts'

/** Kubernetes' Pod Security Standards, from the one that asks for nothing to the strictest. */
export type PodSecurityLevel = Settings['templates']

/** Something in a pod that its level does not have. What is only missing is no fault: it is filled in (`desired/restricted.ts`). */
export interface PodFault {
  /** From the template on: `spec.containers[0].securityContext.privileged`. */
  readonly path: string
  readonly value: unknown
  readonly detail: string
  readonly fix: string
}

/**
 * What a pod template asks for beyond its level, by the checks of k8s.io/pod-security-admission 0.36, but for one: a user
 * namespace excuses nothing (root, /proc), because an API server that has none drops `hostUsers` and keeps the rest.
 * Nor may it choose its node: that would pass by the scheduler, and with it by taints. Any JSON may come: what is of another
 * shape than a pod is the apiserver's to refuse, but whatever it could read as a wish counts as one.
 */
export function podFaults(
  template: Json,
  { templates: level, volumeKinds }: Pick<Settings, 'templates'> & { readonly volumeKinds: readonly string[] },
): PodFault[] {
  if (level === 'privileged') return []
  const spec = isJsonObject(template['spec']) ? template['spec'] : {}
  const isIn = (check: Check) => level === 'restricted' || check.level === 'baseline'
  // Of two checks of one field the later one is the stricter.
  const judge = (checks: readonly Check[], object: Json, path: string) =>
    [...new Map(checks.filter(isIn).map((check) => [check.field, check])).values()].flatMap((check) =>
      faultsOf(check, object, path, level),
    )
  return [
    ...appArmorAnnotations(template),
    ...judge([...POD, ...CONTEXT], spec, 'spec'),
    ...listed(spec, 'securityContext.sysctls').flatMap(([sysctl, path]) => judge(SYSCTL, sysctl, `spec.${path}`)),
    ...containersOf(spec).flatMap(([container, path]) => [
      ...judge([...CONTAINER, ...CONTEXT], container, `spec.${path}`),
      ...listed(container, 'ports').flatMap(([port, at]) => judge(PORT, port, `spec.${path}.${at}`)),
    ]),
    ...listed(spec, 'volumes').flatMap(([volume, path]) => volumeFaults(volume, `spec.${path}`, level, volumeKinds)),
  ]
}

/** Every container of a pod with its path from the pod's spec on. */
export const containersOf = (spec: Json): (readonly [Json, string])[] =>
  CONTAINER_LISTS.flatMap((list) => listed(spec, list))

type Json = Readonly<Record<string, unknown>>

interface Check {
  readonly level: 'baseline' | 'restricted'
  /** Dotted, from the object that is judged on. */
  readonly field: string
  /** Asked only of a value that is there. */
  readonly isFine: (value: unknown) => boolean
  readonly fix: string
}

const PVC = 'use a persistentVolumeClaim'
const REMOVE = 'leave it out'
const off = (value: unknown) => value === false
const empty = (value: unknown) => value === ''
const oneOf = (...allowed: readonly unknown[]) => ({
  isFine: (value: unknown) => allowed.includes(value),
  fix: `leave it out, or write ${allowed.filter((each) => each !== '').join(' or ')}`,
})
const onlyOf = (...allowed: readonly string[]) => ({
  isFine: (value: unknown) => Array.isArray(value) && value.every((each) => allowed.includes(each)),
  fix: `add none but ${allowed.join(', ')}`,
})
const baseline = (field: string, rest: Omit<Check, 'level' | 'field'>): Check => ({ level: 'baseline', field, ...rest })
const restricted = (field: string, rest: Omit<Check, 'level' | 'field'>): Check => ({
  level: 'restricted',
  field,
  ...rest,
})
const IS_OFF = { isFine: off, fix: REMOVE }
const IS_EMPTY = { isFine: empty, fix: REMOVE }

const POD: readonly Check[] = [
  baseline('hostNetwork', IS_OFF),
  baseline('hostPID', IS_OFF),
  baseline('hostIPC', IS_OFF),
  // Not of the standard either: such a pod takes the place of any other of the cluster.
  baseline('priorityClassName', {
    isFine: (value) => typeof value === 'string' && !value.startsWith('system-'),
    fix: 'name a PriorityClass that is not one of the cluster itself',
  }),
  baseline('nodeName', { isFine: empty, fix: 'say which nodes with resource.labelSelector' }),
]

/** What pod and container both may say. */
const CONTEXT: readonly Check[] = [
  baseline(
    'securityContext.seLinuxOptions.type',
    oneOf('', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'),
  ),
  baseline('securityContext.seLinuxOptions.user', IS_EMPTY),
  baseline('securityContext.seLinuxOptions.role', IS_EMPTY),
  baseline('securityContext.appArmorProfile.type', oneOf('RuntimeDefault', 'Localhost')),
  baseline('securityContext.seccompProfile.type', oneOf('RuntimeDefault', 'Localhost')),
  baseline('securityContext.windowsOptions.hostProcess', IS_OFF),
  restricted('securityContext.runAsNonRoot', oneOf(true)),
  restricted('securityContext.runAsUser', {
    isFine: (value) => value !== 0,
    fix: 'write the number of another user, such as 1000',
  }),
]

const HANDLERS = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop']

const CONTAINER: readonly Check[] = [
  baseline('securityContext.privileged', IS_OFF),
  baseline('securityContext.procMount', oneOf('Default')),
  baseline(
    'securityContext.capabilities.add',
    onlyOf(
      ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
      ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
    ),
  ),
  ...HANDLERS.flatMap((handler) => [
    baseline(`${handler}.httpGet.host`, IS_EMPTY),
    baseline(`${handler}.tcpSocket.host`, IS_EMPTY),
  ]),
  restricted('securityContext.allowPrivilegeEscalation', oneOf(false)),
  restricted('securityContext.capabilities.add', onlyOf('NET_BIND_SERVICE')),
]

const PORT: readonly Check[] = [baseline('hostPort', { isFine: (value) => value === 0, fix: REMOVE })]

const SYSCTL: readonly Check[] = [
  baseline(
    'name',
    oneOf(
      ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_local_reserved_ports'],
      ...['net.ipv4.ip_unprivileged_port_start', 'net.ipv4.ping_group_range', 'net.ipv4.tcp_fin_timeout'],
      ...['net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_keepalive_time'],
      ...['net.ipv4.tcp_rmem', 'net.ipv4.tcp_syncookies', 'net.ipv4.tcp_wmem'],
    ),
  ),
]

/** The kinds of volume that `restricted` has. */
export const RESTRICTED_VOLUMES: readonly string[] = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
]

function volumeFaults(volume: Json, path: string, level: PodSecurityLevel, allowed: readonly string[]): PodFault[] {
  const kinds = Object.keys(volume).filter((key) => key !== 'name' && isSaid(volume[key]))
  return kinds
    .filter(
      (kind) => kind === 'hostPath' || (level === 'restricted' && ![...RESTRICTED_VOLUMES, ...allowed].includes(kind)),
    )
    .map((kind) => ({
      path: `${path}.${kind}`,
      value: undefined,
      detail: because(level),
      fix: kind === 'hostPath' ? PVC : `${PVC}, or have the kind listed in settings.volumeKinds`,
    }))
}

function faultsOf({ field, isFine, fix }: Check, object: Json, path: string, level: PodSecurityLevel): PodFault[] {
  const value = valueAt(object, field)
  return !isSaid(value) || isFine(value) ? [] : [{ path: `${path}.${field}`, value, detail: because(level), fix }]
}

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

/** How AppArmor was said before there was a field; still heeded. */
function appArmorAnnotations({ metadata }: Json): PodFault[] {
  const annotations = isJsonObject(metadata) && isJsonObject(metadata['annotations']) ? metadata['annotations'] : {}
  return Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && !/^$|^runtime\/default$|^localhost\//.test(String(value)))
    .map(([key, value]) => ({
      path: `metadata.annotations[${key}]`,
      value,
      detail: 'a template may not leave the confinement of AppArmor',
      fix: 'leave it out, or write runtime/default',
    }))
}

const because = (level: PodSecurityLevel) => `Pod Security "${level}" does not let a pod have it`

const valueAt = (object: Json, field: string) =>
  field.split('.').reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), object)

/** The API server takes null as nothing said. */
export const isSaid = (value: unknown) => value !== undefined && value !== null

function listed(object: Json, field: string): (readonly [Json, string])[] {
  const value = valueAt(object, field)
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown, index) => (isJsonObject(item) ? [[item, `${field}[${index}]`] as const] : []))
}
