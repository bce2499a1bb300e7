import { LABEL } from '#src/api/labels.ts'
import type { K8sObject, NodeView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { type Facts, policyOf } from '#src/reading/facts.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { DEFAULT_SETTINGS } from './default-settings.ts'
import { aWorld, metadata } from './worlds.ts'

/** A Workspace that nothing refuses, and the one type that it names. */
export interface Admitted {
  readonly name: string
  readonly purpose: string
  readonly type: string
  readonly workspace: Workspace
}

const NODE_CLASS = {
  azure: { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'default' },
  aws: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
} as const

/** As docs/install.md has them for a cloud whose nodes Karpenter launches. */
export const settingsOf = (cloud: keyof typeof NODE_CLASS): Settings => ({
  ...DEFAULT_SETTINGS,
  cloud,
  nodeProvisioner: 'karpenter',
  nodeClass: NODE_CLASS[cloud],
})

/** Every preset on one type, to serve and to tune, as far as it is admitted. */
export function admittedOn({ name: type }: GpuSku, settings: Settings): Admitted[] {
  const facts = factsOf(settings)
  const resource = { instanceType: type, labelSelector: { matchLabels: { apps: 'phi-3' } } }
  return builtInCatalog.presets.flatMap(({ name }) =>
    Object.entries(PURPOSES).flatMap(([purpose, spec]) => {
      const workspace = withDefaults({ metadata: metadata(), resource, ...spec(name) }, facts)
      if (!isAdmitted(workspace, settings)) return []
      return [{ name: `${purpose} of ${name} on ${type}`, purpose, type, workspace }]
    }),
  )
}

const PURPOSES: Readonly<Record<string, (name: string) => Pick<Workspace, 'inference' | 'tuning'>>> = {
  inference: (name) => ({ inference: { preset: { name } } }),
  tuning: (name) => ({
    tuning: {
      preset: { name },
      method: 'qlora',
      input: { urls: ['https://example.com/data.parquet'] },
      output: { volumeSource: { persistentVolumeClaim: { claimName: 'results' } } },
    },
  }),
}

export const isAdmitted = (workspace: Workspace, settings: Settings): boolean =>
  admit(workspace, factsOf(settings)).errors.length === 0

export const factsOf = (settings: Settings): Facts => ({
  operation: 'CREATE',
  namespace: 'default',
  dryRun: false,
  policy: policyOf(settings),
  catalog: builtInCatalog,
  configMaps: new Map(),
  secrets: new Map(),
  nodesHeld: new Map(),
})

/** What is asked of Karpenter while there are no nodes. */
export const claimsOf = (workspace: Workspace, settings: Settings): readonly K8sObject[] =>
  planWorkspace(aWorld(workspace, { settings, nodes: [] })).apply.filter(({ kind }) => kind === 'NodeClaim')

/** The template of the pods that are made once there is a node for the claim. */
export function podOf(workspace: Workspace, claim: K8sObject, settings: Settings): unknown {
  const world = aWorld(workspace, { settings, nodes: [nodeOf(workspace, claim, settings)] })
  const made =
    workspace.tuning === undefined
      ? planWorkspace(world).apply.find(({ kind }) => kind === 'StatefulSet')
      : planTuningJob(world)?.job
  const spec = made?.['spec'] as { readonly template?: unknown } | undefined
  if (spec?.template === undefined) throw new Error(`no pod is made for ${JSON.stringify(workspace)}`)
  return spec.template
}

export const withSelector = (workspace: Workspace, matchLabels: Readonly<Record<string, string>>): Workspace => ({
  ...workspace,
  resource: { ...workspace.resource, labelSelector: { matchLabels } },
})

/** The node that comes of a claim, and all labels that a plan may ask for: whether Karpenter agrees is what is judged. */
function nodeOf({ resource }: Workspace, claim: K8sObject, { cloud }: Settings): NodeView {
  const type = resource?.instanceType ?? ''
  const sku = builtInCatalog.skus.find((each) => each.cloud === cloud && each.name === type)
  return {
    metadata: {
      name: 'node-1',
      labels: { ...claim.metadata.labels, ...resource?.labelSelector?.matchLabels, [LABEL.instanceType]: type },
    },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      allocatable: { 'nvidia.com/gpu': String(sku?.gpuCount ?? 0) },
      nodeInfo: { kubeletVersion: 'v1.36.1', containerRuntimeVersion: 'containerd://2.3.0' },
    },
  }
}
