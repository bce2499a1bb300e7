import { nodeLabels } from '#src/api/selector.ts'
import { commonGpus, labelledNodes } from '#src/observe/nodes.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import { machineOf } from './machine.ts'
import type { World } from './world.ts'

/**
 * GPUs of one run: all of the instance type that the Workspace names, since that is what is admitted and charged for. Nodes
 * that exist may have fewer than that (then what they have is asked for), or more, for others; of a type that the catalog
 * does not know, they themselves say how many, where all that match have the same.
 */
export function tuningGpus(world: World): number {
  const { workspace, settings, nodes } = world
  const machine = machineOf(world)
  if (provisionerOf(settings).buys !== undefined && machine !== undefined) return Math.max(1, machine.gpuCount)
  const { labelSelector, instanceType } = workspace.resource ?? {}
  const there = commonGpus(labelledNodes(nodes, nodeLabels(labelSelector), instanceType)) ?? 1
  return machine === undefined ? there : Math.max(1, Math.min(there, machine.gpuCount))
}
