import { ensureBinaries } from '#examples/cluster/binaries.ts'
import { mustRun } from '#examples/cluster/command.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import type { Cloud, GpuSku } from '#src/catalog/gpu.ts'
import { MACHINE_SIZES } from './machine-sizes.ts'

/** The clouds whose Karpenter provider the judge knows. */
export const JUDGED_CLOUDS = ['azure', 'aws'] as const satisfies readonly Cloud[]

export interface Asked {
  readonly name: string
  readonly claim: K8sObject
  /** The template of a pod that is to run on the node. */
  readonly pod?: unknown
}

export interface Judged {
  readonly name: string
  /** What is wrong with the claim itself. */
  readonly problems: readonly string[]
  /** The instance types that Karpenter may launch for it, and why not the others. */
  readonly fits: readonly string[]
  readonly misfits: Readonly<Record<string, string>>
  /** Why the pod cannot run on a node of a type that fits. */
  readonly podMisfits: Readonly<Record<string, string>>
}

export interface Judgement {
  readonly verdicts: readonly Judged[]
  /** Of the keys asked for: why Karpenter lets nobody use this label, or nothing. */
  readonly labels: Readonly<Record<string, string>>
  /** Labels of Karpenter and Kubernetes that say which node is launched. */
  readonly wellKnown: readonly string[]
  /** Old names of those -> new ones. */
  readonly normalized: Readonly<Record<string, string>>
}

/** Karpenter's own code, asked about NodeClaims where these are all the types that the cloud has. */
export async function askKarpenter(
  cloud: (typeof JUDGED_CLOUDS)[number],
  { claims = [], labels = [] }: { readonly claims?: readonly Asked[]; readonly labels?: readonly string[] },
): Promise<Judgement> {
  const input = JSON.stringify({ cloud, types: launchedTypes(cloud).map(asMachine), claims, labels })
  return JSON.parse(await mustRun([await judge(), 'judge'], { input, timeoutMs: 60_000 }))
}

/** The definition of NodeClaims that Karpenter installs. */
export const karpenterCrd = async (): Promise<K8sObject> => JSON.parse(await mustRun([await judge(), 'crd']))

/** The built-in types that Karpenter launches on a cloud. */
export const launchedTypes = (cloud: Cloud): readonly GpuSku[] =>
  builtInCatalog.skus.filter((sku) => sku.cloud === cloud && !sku.retired && !sku.notLaunched)

const judge = async () =>
  (await ensureBinaries(['karpenter-judge'], toStderr())).get('karpenter-judge') ?? 'karpenter-judge'

const RESOURCE = { nvidia: 'nvidia.com/gpu', amd: 'amd.com/gpu', aws: 'aws.amazon.com/neuron' } as const

function asMachine({ name, vendor, gpuCount }: GpuSku) {
  const size = MACHINE_SIZES[name]
  if (size === undefined) throw new Error(`write vCPUs and memory of ${name} into test/support/machine-sizes.ts`)
  const [vcpus, memoryGiB] = size
  return { name, vcpus, memoryGiB, gpuResource: RESOURCE[vendor], gpus: gpuCount }
}
