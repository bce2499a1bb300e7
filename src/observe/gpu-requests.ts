import type { ContainerView, PodView } from '#src/api/objects.ts'

/** A pod that holds GPUs of a node. */
export interface GpuPod {
  readonly node: string
  readonly namespace: string
  readonly name: string
  readonly gpus: number
}

const GPU = 'nvidia.com/gpu'

/** What a pod holds of the GPUs of its node; undefined where that is nothing, or nothing any more. */
export function gpuPod({ metadata, spec, status }: PodView): GpuPod | undefined {
  if (spec?.nodeName === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined
  const gpus = asked(spec.containers ?? [], spec.initContainers ?? [])
  return gpus === 0
    ? undefined
    : { node: spec.nodeName, namespace: metadata.namespace ?? '', name: metadata.name, gpus }
}

/** As the scheduler counts: containers together, with sidecars; or the largest init container with the sidecars before it. */
function asked(containers: readonly ContainerView[], initContainers: readonly ContainerView[]): number {
  let sidecars = 0
  let most = 0
  for (const container of initContainers) {
    const own = ofContainer(container)
    if (container.restartPolicy === 'Always') sidecars += own
    most = Math.max(most, container.restartPolicy === 'Always' ? sidecars : sidecars + own)
  }
  return Math.max(most, sidecars + containers.map(ofContainer).reduce((sum, each) => sum + each, 0))
}

/** The apiserver copies a limit of a device into the request. */
const ofContainer = ({ resources }: ContainerView) =>
  Number(resources?.requests?.[GPU] ?? resources?.limits?.[GPU] ?? '0') || 0
