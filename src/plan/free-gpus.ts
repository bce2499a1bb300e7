import { nodeLabels } from '#src/api/selector.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { gpuCount } from '#src/observe/gpu-labels.ts'
import { isReady, labelledNodes } from '#src/observe/nodes.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { World } from './world.ts'

/**
 * The nodes of which it has to be known who holds their GPUs, by name: only where a Workspace is about to start on nodes that
 * exist, or waits for one. A node of its own is nobody else's, and what runs already is not asked about.
 */
export function nodesToAsk(world: Pick<World, 'workspace' | 'settings' | 'nodes' | 'jobs' | 'statefulSet'>): string[] {
  const { workspace, settings, nodes } = world
  if (provisionerOf(settings).buys !== undefined || hasStarted(world)) return []
  const { labelSelector, instanceType } = workspace.resource ?? {}
  return labelledNodes(nodes, nodeLabels(labelSelector), instanceType)
    .filter((node) => isReady(node) && gpuCount(node) > 0)
    .map(({ metadata }) => metadata.name)
    .sort()
    .slice(0, MOST_ASKED)
}

/** Of the nodes beyond these, all GPUs count as free: the scheduler knows better, and says so. */
const MOST_ASKED = 32

function hasStarted({ workspace, jobs, statefulSet }: Pick<World, 'workspace' | 'jobs' | 'statefulSet'>): boolean {
  const { metadata, tuning, status } = workspace
  if (metadata.deletionTimestamp !== undefined || statefulSet !== undefined) return true
  if (tuning === undefined) return workspace.inference === undefined
  const name = tuningJobName(workspace)
  return status?.tuning?.jobName === name || jobs.some((job) => job.metadata.name === name)
}
