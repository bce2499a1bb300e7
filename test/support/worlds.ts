import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { precheckJobName, tuningJobName } from '#src/desired/names.ts'
import type { Presence, World } from '#src/plan/world.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { GPU_TYPE, inferenceSpec, NODE_LABELS, tuningSpec } from './workspaces.ts'

/** 2026-01-02 03:04:05 UTC: when every made-up world is looked at. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

export const metadata = (name = 'phi-3'): Workspace['metadata'] => ({
  name,
  namespace: 'default',
  uid: '11111111-2222-3333-4444-555555555555',
  generation: 1,
  finalizers: ['workspace.finalizer.kaito.sh'],
})

export const tuningWorkspace = (more: Parameters<typeof tuningSpec>[0] = {}): Workspace => ({
  ...tuningSpec(more),
  metadata: metadata(),
})

export const inferenceWorkspace = (more: Parameters<typeof inferenceSpec>[0] = {}): Workspace => ({
  ...inferenceSpec(more),
  metadata: metadata(),
})

/** The reference that a controller leaves on what it makes. */
export const controller = (kind: string, uid: string) => ({ apiVersion: 'v1', kind, name: kind, uid, controller: true })

export const readyNode = (name = 'gpu-1'): World['nodes'][number] => ({
  metadata: { name, labels: { ...NODE_LABELS, 'node.kubernetes.io/instance-type': GPU_TYPE } },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    allocatable: { 'nvidia.com/gpu': '1', memory: '226492416Ki' },
    nodeInfo: { kubeletVersion: 'v1.36.1', containerRuntimeVersion: 'containerd://2.3.0' },
  },
})

/** Nodes exist; a run is not checked before it, but where a test is about that. */
export const BYO_SETTINGS: Settings = { ...DEFAULT_SETTINGS, nodeProvisioner: 'byo', tuningPrecheck: 'never' }

/** A world with existing nodes, one of them ready, in which nothing has happened yet. */
export const aWorld = (workspace: Workspace, more: Partial<World> = {}): World => ({
  now: NOW,
  workspace,
  settings: BYO_SETTINGS,
  catalog: builtInCatalog,
  nodes: [readyNode()],
  hasNodeClaims: true,
  nodeClaims: [],
  jobs: [],
  pods: [],
  secrets: new Map([['push-secret', 'found']]),
  pushed: new Map(),
  progress: [],
  ...more,
})

type WorldFile = Partial<Omit<World, 'settings' | 'secrets' | 'pushed' | 'workspace'>> & {
  readonly workspace: Workspace
  readonly settings?: Partial<Settings>
  readonly secrets?: Readonly<Record<string, Presence>>
  readonly pushed?: Readonly<Record<string, string>>
}

/** A world written down as YAML. `<job>` and `<precheck>` in it stand for the names of the Workspace's Jobs, which hold a hash. */
export function readWorld(file: string): World {
  const text = readFileSync(file, 'utf8')
  const draft: WorldFile = parse(text)
  const check = precheckJobName(draft.workspace, draft.config?.['training_config.yaml'])
  const named = text.replaceAll('<job>', tuningJobName(draft.workspace)).replaceAll('<precheck>', check)
  const world: WorldFile = parse(named)
  const { settings, secrets, pushed, ...rest } = world
  return aWorld(world.workspace, {
    ...rest,
    settings: { ...BYO_SETTINGS, ...settings },
    secrets: new Map(Object.entries(secrets ?? { 'push-secret': 'found' })),
    pushed: new Map(Object.entries(pushed ?? {})),
  })
}
