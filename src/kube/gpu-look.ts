import { type GpuPod, gpuPod } from '#src/observe/gpu-requests.ts'
import type { KubeClient } from './client.ts'
import { isForbidden } from './errors.ts'

/** Which pods hold GPUs of these nodes. Where that may not be looked at, nobody is known to. */
export type GpuLook = (nodes: readonly string[], signal: AbortSignal) => Promise<readonly GpuPod[]>

/** How long what was seen of a node is believed, in ms: many Workspaces may wait for the same nodes. */
const BELIEVED_MS = 5_000
const AT_A_TIME = 4

/**
 * Pods of everybody are not watched: a cluster has many thousands that hold no GPU. They are listed by node, and only what they
 * hold is kept. `now` is in ms.
 */
export function createGpuLook(client: KubeClient, now: () => number): GpuLook {
  const seen = new Map<string, { readonly at: number; readonly pods: readonly GpuPod[] }>()
  const look = async (node: string, signal: AbortSignal): Promise<readonly GpuPod[]> => {
    const known = seen.get(node)
    if (known !== undefined && now() - known.at < BELIEVED_MS) return known.pods
    const { items } = await client.list('Pod', { fieldSelector: `spec.nodeName=${node}` }, {}, signal)
    const pods = items.flatMap((pod) => gpuPod(pod) ?? [])
    for (const [name, { at }] of seen) if (now() - at >= BELIEVED_MS) seen.delete(name)
    seen.set(node, { at: now(), pods })
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
