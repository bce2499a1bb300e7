import type { Resources, Volume } from './manifest.ts'

// How much disk and memory a pod may use of its node: nobody's dataset, image or bug may push the neighbours out.

const GIB = 2 ** 30

/** Of a tuned or downloaded model: LoRA matrices of rank 256 in every layer of the largest models are a few GiB. */
export const MAX_ADAPTER_BYTES = 16 * GIB

/** Of an image that holds a dataset. */
export const MAX_DATA_IMAGE_BYTES = 200 * GIB

/** Of a base model's image or download: twice what the catalog says, for repositories that hold a model in two formats. */
export const weightsBytes = (weightsGiB: number): number => (Math.ceil(2 * weightsGiB) + 20) * GIB

/** A folder that lives as long as its pod. The kubelet ends a pod that writes more into it. */
export const scratch = (name: string, bytes: number): Volume => ({ name, emptyDir: { sizeLimit: quantity(bytes) } })

/** Shared memory, for libraries that pass tensors between processes: the runtime's own has 64 MiB. */
export const SHARED_MEMORY: Volume = { name: 'dshm', emptyDir: { medium: 'Memory', sizeLimit: '16Gi' } }

/** Compiled kernels, caches of libraries; `more` for what a container keeps there besides. */
export const tmpVolume = (more = 0): Volume => scratch('tmp', 8 * GIB + more)

/** An adapter with its checkpoints, each of which has the state of its optimizer. */
export const resultsVolume = (name: string): Volume => scratch(name, 12 * MAX_ADAPTER_BYTES)

/** Only links to weights and a copy of a config. */
export const scaledVolume = (name: string): Volume => scratch(name, GIB / 16)

/** One file is counted before it is written, so a little above the limit of the step that writes. */
export const downloadVolume = (name: string, maxBytes: number): Volume => scratch(name, maxBytes + GIB)

/** Of every container of ours that only moves bytes. What it reads and writes is cached outside of this. */
export const STEP_RESOURCES = { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } }

/** Of the check before a run: torch and its libraries without a model; rows are read as a stream. */
export const CHECK_RESOURCES = { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '4Gi' } }

/** Its heap is bounded by Node to half of the limit; what clients send is bounded by the gateway itself. */
export const GATEWAY_RESOURCES = { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } }

/**
 * Of the container that does the work. Nobody knows how much memory a run needs, and one that works must not be ended for a
 * limit; so it may have all that its node has for pods, but for what the node's own pods (network, storage, device plugin) take on
 * every cluster. What takes more is then ended itself, and says `OOMKilled`, where it would have pushed one of those out.
 * In steps of 64 MiB: nodes of one type differ by some KiB, and a server must not be made anew for that.
 */
export function workResources(gpus: number, nodeBytes: number | undefined): Resources {
  const gpu = { 'nvidia.com/gpu': String(gpus) }
  const bytes =
    nodeBytes === undefined ? undefined : Math.floor((nodeBytes - NODE_PODS_BYTES) / STEP_BYTES) * STEP_BYTES
  const memory = bytes === undefined ? {} : { memory: quantity(Math.max(GIB, bytes)) }
  return { requests: { cpu: '500m', memory: '1Gi', ...gpu }, limits: { ...memory, ...gpu } }
}

const NODE_PODS_BYTES = GIB / 4
const STEP_BYTES = GIB / 16

const quantity = (bytes: number) => (bytes % GIB === 0 ? `${bytes / GIB}Gi` : `${Math.ceil(bytes / (GIB / 1024))}Mi`)
