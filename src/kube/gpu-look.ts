import { type GpuPod, gpuPod } from '#src/observe/gpu-requests.ts'
import type { Clock } from '#src/runtime/clock.ts'
import { Recent } from '#src/runtime/recent.ts'
import type { KubeClient } from './client.ts'
import { isForbidden } from './errors.ts'

/** Which pods hold GPUs of these nodes. Where that may not be looked at, nobody is known to. */
export type GpuLook = (nodes: readonly string[], signal: AbortSignal) => Promise<readonly GpuPod[]>

/** How long what was seen of a node is believed, in ms: many Workspaces may wait for the same nodes. Of so many nodes. */
const BELIEVED_MS = 5_000
const MOST_NODES = 8_192
const AT_A_TIME = 4

/**
 * Pods of everybody are not watched: a cluster has many thousands that hold no GPU. They are listed by node, and only what they
 * hold is kept.
 */
export function createGpuLook(client: KubeClient, clock: Clock): GpuLook {
  const seen = new Recent<readonly GpuPod[]>(clock, MOST_NODES)
  const look = async (node: string, signal: AbortSignal): Promise<readonly GpuPod[]> => {
    const known = seen.get(node)
    if (known !== undefined) return known
    const { items } = await client.list('Pod', { fieldSelector: `spec.nodeName=${node}` }, {}, signal)
    const pods = items.flatMap((pod) => gpuPod(pod) ?? [])
    seen.put(node, pods, BELIEVED_MS)
    return pods
  }
  return async (nodes, signal) => {
    const found: GpuPod[] = []
    try {
      for (let index = 0; index < nodes.length; index += AT_A_TIME) {
        const some = await Promise.all(nodes.slice(index, index + AT_A_TIME).map((node) => look(node, signal)))
        found.push(...some.flat())
      }
    } catch (error) {
      // An installation that looks after some namespaces has no right to see all pods: the scheduler will tell.
      if (isForbidden(error)) return []
      throw error
    }
    return found
  }
}
