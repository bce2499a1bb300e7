import { createNamespace } from '#test/support/other-kinds.ts'
import { GPU_TYPE, inferenceSpec, NODE_LABELS } from '#test/support/workspaces.ts'
import { startProduct } from '../product/product.ts'
import { parallel } from './population.ts'

const READY_SECONDS = 30

export interface LargeObjects {
  readonly large: number
  readonly ordinary: number
  /** In words, each. */
  readonly measured: readonly string[]
  readonly lost: readonly string[]
}

/** Workspaces of 1.4 MB, and ordinary ones beside them: the operator becomes ready, and stays within its container. */
export async function largeObjects({ large, ordinary }: { large: number; ordinary: number }): Promise<LargeObjects> {
  const product = await startProduct({ nodeProvisioner: 'byo' })
  const { client } = product
  const lost: string[] = []
  const measured: string[] = []
  const start = async (what: string) => {
    const operator = await product.start('reconciler')
    if (operator.readySeconds > READY_SECONDS) lost.push(`${what}: ready after ${operator.readySeconds.toFixed(0)} s`)
    const tell = () => {
      const charged = operator.container.peakMiB()?.toFixed(0) ?? '?'
      if (operator.hasEnded()) lost.push(`${what}: the operator ended: ${operator.log()}`)
      measured.push(
        `${what}: ready after ${operator.readySeconds.toFixed(1)} s, ${operator.peakRssMiB().toFixed(0)} MiB resident and ${charged} MiB charged at most`,
      )
    }
    return { operator, tell }
  }
  const identity = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace' }
  try {
    for (const name of ['large', 'ordinary']) {
      await createNamespace(product.http, name)
    }
    const template = { spec: { containers: [{ name: 'a', image: 'b' }], pad: 'p'.repeat(1_400_000) } }
    const resource = { count: 1, instanceType: GPU_TYPE, labelSelector: { matchLabels: NODE_LABELS } }
    await parallel(large, 2, async (index) => {
      const metadata = { namespace: 'large', name: `large-${index}` }
      await client.create({ ...identity, metadata, resource, inference: { template } })
    })
    const first = await start(`${large} large`)
    await parallel(ordinary, 8, async (index) => {
      const metadata = { namespace: 'ordinary', name: `ordinary-${index}` }
      await client.create({ ...identity, metadata, ...inferenceSpec() })
    })
    first.tell()
    await first.operator.stop()
    const second = await start(`${large} large and ${ordinary} ordinary ones, after a restart`)
    second.tell()
    await second.operator.stop()
  } catch (error) {
    lost.push(String(error).slice(0, 500))
  } finally {
    await product.stop()
  }
  return { large, ordinary, measured, lost }
}
