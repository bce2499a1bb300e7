import { startRig } from '#test/support/operator-rig.ts'
import { GPU_TYPE, inferenceSpec, NODE_LABELS } from '#test/support/workspaces.ts'
import { peakRssMiB } from '../measure/process-cost.ts'
import type { Tally } from './tally.ts'

/** What Node takes of the container in the chart, and how the image has it. */
export const CONTAINER_MIB = 512
export const NODE_OPTIONS = '--max-old-space-size=256 --max-semi-space-size=2'

const READY_SECONDS = 30

/** Workspaces of 1.4 MB, and ordinary ones beside them: an operator becomes ready, and stays within its container. */
export async function largeObjects({ large, ordinary }: { large: number; ordinary: number }): Promise<Tally> {
  const rig = await startRig({ nodeProvisioner: 'byo' })
  const lost: string[] = []
  const measured: string[] = []
  const start = async (name: string, what: string) => {
    const started = performance.now()
    const operator = await rig.operator(name, {}, NODE_OPTIONS)
    const seconds = (performance.now() - started) / 1000
    if (seconds > READY_SECONDS) lost.push(`${what}: ready after ${seconds.toFixed(0)} s`)
    return { operator, ready: `ready after ${seconds.toFixed(1)} s` }
  }
  try {
    const namespace = await rig.namespace()
    const template = { spec: { containers: [{ name: 'a', image: 'b' }], pad: 'p'.repeat(1_400_000) } }
    const resource = { count: 1, instanceType: GPU_TYPE, labelSelector: { matchLabels: NODE_LABELS } }
    for (let index = 0; index < large; index++) {
      await rig.create(namespace, `large-${index}`, { resource, inference: { template } })
    }
    const first = await start('operator-0', `${large} large`)
    const others = await rig.namespace()
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let index = worker; index < ordinary; index += 8) {
          await rig.create(others, `ordinary-${index}`, inferenceSpec())
        }
      }),
    )
    if (!(await first.operator.isReady())) lost.push('not ready while others were created')
    measured.push(`${large} large: ${first.ready}, ${peakRssMiB(first.operator.pid).toFixed(0)} MiB at most`)
    await first.operator.stop()
    const second = await start('operator-1', `${large} large and ${ordinary} ordinary`)
    const peak = peakRssMiB(second.operator.pid)
    if (peak > CONTAINER_MIB) lost.push(`${peak.toFixed(0)} MiB`)
    measured.push(`with ${ordinary} ordinary ones, after a restart: ${second.ready}, ${peak.toFixed(0)} MiB`)
  } catch (error) {
    lost.push(String(error).slice(0, 300))
  } finally {
    await rig.stop()
  }
  return { attack: 'Workspaces of 1.4 MB', tried: large, lost, measured: measured.join('; ') }
}
