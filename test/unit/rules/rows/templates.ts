import type { Workspace } from '#src/api/workspace.ts'
import type { Facts, Policy } from '#src/reading/facts.ts'
import { rowsOf } from '../row.ts'
import { facts, serving } from '../sample.ts'

type Json = Readonly<Record<string, unknown>>

const own = (spec: Json, metadata: Json = {}): Workspace => ({
  ...serving,
  inference: { template: { metadata, spec: { containers: [container({})], ...spec } } },
})
const container = (more: Json) => ({ name: 'llm', image: 'a.io/llm:1', ...more })
const inside = (more: Json) => own({ containers: [container(more)] })
const context = (securityContext: Json) => inside({ securityContext })
const volume = (more: Json) => own({ volumes: [{ name: 'a', ...more }] })
const opened = (policy: Partial<Policy>): Partial<Facts> => ({ policy: { ...facts.policy, ...policy } })

const TEMPLATE = 'inference.template'
const SPEC = `${TEMPLATE}.spec`
const CONTAINER = `${SPEC}.containers[0]`
const RESTRICTED = {
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  seccompProfile: { type: 'Localhost', localhostProfile: 'llm.json' },
  capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
}

/** More than `baseline` has, and so more than `restricted` has: what, in which pod, where. */
const beyondBaseline: [string, Workspace, string][] = [
  ['in the network of its node', own({ hostNetwork: true }), `${SPEC}.hostNetwork`],
  ['that sees the processes of its node', own({ hostPID: true }), `${SPEC}.hostPID`],
  ['that shares memory with its node', own({ hostIPC: true }), `${SPEC}.hostIPC`],
  ['that is privileged', context({ privileged: true }), `${CONTAINER}.securityContext.privileged`],
  [
    'that is privileged while it starts',
    own({ initContainers: [{ name: 'i', image: 'i', securityContext: { privileged: true } }] }),
    `${SPEC}.initContainers[0].securityContext.privileged`,
  ],
  [
    'with the rights of an administrator',
    context({ capabilities: { add: ['CHOWN', 'SYS_ADMIN'] } }),
    `${CONTAINER}.securityContext.capabilities.add`,
  ],
  ['at a port of its node', inside({ ports: [{ containerPort: 80, hostPort: 80 }] }), `${CONTAINER}.ports[0].hostPort`],
  ['with files of its node', volume({ hostPath: { path: '/' } }), `${SPEC}.volumes[0].hostPath`],
  ['that sees all of /proc', context({ procMount: 'Unmasked' }), `${CONTAINER}.securityContext.procMount`],
  [
    'without seccomp',
    own({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
    `${SPEC}.securityContext.seccompProfile.type`,
  ],
  [
    'without AppArmor',
    context({ appArmorProfile: { type: 'Unconfined' } }),
    `${CONTAINER}.securityContext.appArmorProfile.type`,
  ],
  [
    'as another user of SELinux',
    context({ seLinuxOptions: { user: 'system_u' } }),
    `${CONTAINER}.securityContext.seLinuxOptions.user`,
  ],
  [
    'of another type of SELinux',
    own({ securityContext: { seLinuxOptions: { type: 'spc_t' } } }),
    `${SPEC}.securityContext.seLinuxOptions.type`,
  ],
  [
    'that sets the kernel up',
    own({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } }),
    `${SPEC}.securityContext.sysctls[0].name`,
  ],
  [
    'that lets the kubelet ask another host',
    inside({ livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } }),
    `${CONTAINER}.livenessProbe.httpGet.host`,
  ],
  [
    'that lets the kubelet call another host at its end',
    inside({ lifecycle: { preStop: { tcpSocket: { host: '10.0.0.1', port: 80 } } } }),
    `${CONTAINER}.lifecycle.preStop.tcpSocket.host`,
  ],
]

const beyondRestricted: [string, Workspace, string][] = [
  ['that may be root', own({ securityContext: { runAsNonRoot: false } }), `${SPEC}.securityContext.runAsNonRoot`],
  ['that is root', context({ runAsUser: 0 }), `${CONTAINER}.securityContext.runAsUser`],
  [
    'that may gain rights',
    context({ allowPrivilegeEscalation: true }),
    `${CONTAINER}.securityContext.allowPrivilegeEscalation`,
  ],
  [
    'that may own files',
    context({ capabilities: { add: ['CHOWN'] } }),
    `${CONTAINER}.securityContext.capabilities.add`,
  ],
  ['with NFS', volume({ nfs: { server: 'nfs.example.com', path: '/' } }), `${SPEC}.volumes[0].nfs`],
]

/** What the API server's own Pod Security has an opinion of; through it, the same rows are asked of that. */
export const podSecurityRows = rowsOf('template.pod-security', [
  { when: 'with a plain template', workspace: own({}), at: [] },
  {
    when: 'with a template that says what it may',
    workspace: own({
      securityContext: { fsGroup: 2000, sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] },
      containers: [container({ securityContext: RESTRICTED, ports: [{ containerPort: 80 }] })],
      volumes: [
        { name: 'a', persistentVolumeClaim: { claimName: 'a' } },
        { name: 'b', emptyDir: {} },
        { name: 'c', secret: { secretName: 'c' } },
      ],
    }),
    at: [],
  },
  {
    when: 'with a template that denies itself what it may not have',
    workspace: own({
      hostNetwork: false,
      hostPID: null,
      securityContext: { runAsNonRoot: null, seccompProfile: null },
      initContainers: [{ name: 'i', image: 'i', securityContext: { capabilities: { drop: ['KILL'] } } }],
      containers: [container({ securityContext: { privileged: false, allowPrivilegeEscalation: null } })],
    }),
    at: [],
  },
  ...[...beyondBaseline, ...beyondRestricted].map(([when, workspace, at]) => ({ when, workspace, at: [at] })),
])

export const templateRows = [
  ...podSecurityRows,
  ...rowsOf('template.pod-security', [
    {
      when: 'on a node of its choice',
      workspace: own({ nodeName: 'control-plane-1' }),
      at: [`${SPEC}.nodeName`],
      says: 'say which nodes with resource.labelSelector; an administrator can open settings.templates',
    },
    { when: 'with a priority of its own', workspace: own({ priorityClassName: 'llm' }), at: [] },
    {
      when: 'as important as the cluster itself',
      workspace: own({ priorityClassName: 'system-node-critical' }),
      at: [`${SPEC}.priorityClassName`],
    },
    {
      when: 'that is root of a user namespace',
      workspace: own({ hostUsers: false, securityContext: { runAsUser: 0 } }),
      at: [`${SPEC}.securityContext.runAsUser`],
    },
    {
      when: 'without AppArmor, as it was said before',
      workspace: own({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/llm': 'unconfined' } }),
      at: [`${TEMPLATE}.metadata.annotations[container.apparmor.security.beta.kubernetes.io/llm]`],
    },
    ...beyondRestricted.map(([when, workspace]) => ({
      when: `${when}, where baseline will do`,
      workspace,
      facts: opened({ templates: 'baseline' }),
      at: [],
    })),
    ...beyondBaseline.map(([when, workspace, at]) => ({
      when: `${when}, even where baseline will do`,
      workspace,
      facts: opened({ templates: 'baseline' }),
      at: [at],
    })),
    {
      when: 'with NFS, where that is listed',
      workspace: volume({ nfs: { server: 'nfs.example.com', path: '/' } }),
      facts: opened({ volumeKinds: ['nfs'] }),
      at: [],
    },
    {
      when: 'with files of its node, though they are listed',
      workspace: volume({ hostPath: { path: '/' } }),
      facts: opened({ volumeKinds: ['hostPath'] }),
      at: [`${SPEC}.volumes[0].hostPath`],
    },
    {
      when: 'in the network of its node, where any pod will do',
      workspace: own({ hostNetwork: true, nodeName: 'gpu-1' }),
      facts: opened({ templates: 'privileged' }),
      at: [],
    },
  ]),
  ...rowsOf('template.service-account', [
    { when: 'with a plain template', workspace: own({}), at: [] },
    { when: 'with the default account', workspace: own({ serviceAccountName: 'default' }), at: [] },
    {
      when: "with an administrator's account",
      workspace: own({ serviceAccountName: 'admin-sa' }),
      at: [`${SPEC}.serviceAccountName`],
      says: 'have it listed in settings.templateServiceAccounts',
    },
    {
      when: 'with an account in the field of old',
      workspace: own({ serviceAccount: 'admin-sa' }),
      at: [`${SPEC}.serviceAccount`],
    },
    {
      when: 'with an account that is listed',
      workspace: own({ serviceAccountName: 'llm' }),
      facts: opened({ templateServiceAccounts: ['llm'] }),
      at: [],
    },
    {
      when: 'with any account, where any will do',
      workspace: own({ serviceAccountName: 'llm' }),
      facts: opened({ templateServiceAccounts: ['*'] }),
      at: [],
    },
  ]),
  ...rowsOf('template.user', [
    { when: 'with the number of a user', workspace: own({ securityContext: { runAsUser: 1000 } }), at: [] },
    { when: 'with a user for its one container', workspace: context({ runAsUser: 1000 }), at: [] },
    { when: 'where baseline will do', workspace: own({}), facts: opened({ templates: 'baseline' }), at: [] },
    {
      when: 'with a plain template',
      workspace: own({}),
      at: [`${SPEC}.securityContext.runAsUser`],
      says: 'write a number, such as 1000',
    },
  ]),
]
