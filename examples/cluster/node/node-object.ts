import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from './kubectl.ts'
import { NODE_NAME } from './settings.ts'

const GPU = 'nvidia.com/gpu'

/** What this node claims beyond what its kubelet finds: GPUs, and disk space, which it does not measure on such machines. */
const claims = (gpus: number): Amounts => ({ [GPU]: String(gpus), 'ephemeral-storage': '50Gi' })

type Amounts = Readonly<Record<string, string>>

interface NodeObject {
  readonly metadata: { readonly labels?: Record<string, string> }
  readonly status: {
    readonly capacity?: Record<string, string>
    readonly allocatable?: Record<string, string>
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
      readonly lastHeartbeatTime?: string
    }[]
  }
}

export interface NodeDress {
  readonly labels: Readonly<Record<string, string>>
  /** How many GPUs it says it has. */
  readonly gpus: number
  /** Reports of the kubelet from before this time (ms since 1970) do not count. */
  readonly reportedSince: number
}

/**
 * Gives the node its labels and GPUs that are not there, and waits until it is Ready. The kubelet keeps capacities it does not
 * know when it reports its status; it drops them only when it registers anew, so this runs at every start.
 */
export async function dressNode(kubectl: Kubectl, dress: NodeDress, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const node = (await kubectl.get('node', NODE_NAME)) as NodeObject | undefined
    if (node !== undefined && hasReported(node, dress.reportedSince)) {
      const dressed = isDressed(node, dress)
      if (dressed && readiness(node)?.status === 'True') return
      if (!dressed) await patch(kubectl, dress)
    }
    if (Date.now() > deadline) {
      const why = node === undefined ? 'the kubelet has not registered it' : (readiness(node)?.message ?? 'no report')
      throw new Error(`node ${NODE_NAME} is not Ready after ${timeoutMs / 1000} s: ${why}`)
    }
    await sleep(200)
  }
}

const readiness = (node: NodeObject) => node.status.conditions?.find(({ type }) => type === 'Ready')

/** Timestamps have whole seconds, so the second in which the kubelet started counts. */
const hasReported = (node: NodeObject, since: number): boolean =>
  since === 0 || Date.parse(readiness(node)?.lastHeartbeatTime ?? '') >= Math.floor(since / 1000) * 1000

const isDressed = (node: NodeObject, { labels, gpus }: NodeDress): boolean =>
  Object.entries(claims(gpus)).every(
    ([name, amount]) => node.status.capacity?.[name] === amount && node.status.allocatable?.[name] === amount,
  ) && Object.entries(labels).every(([name, value]) => node.metadata.labels?.[name] === value)

async function patch(kubectl: Kubectl, { labels, gpus }: NodeDress): Promise<void> {
  const merge = (body: object, ...args: string[]) =>
    kubectl.run('patch', 'node', NODE_NAME, '--type=merge', `--patch=${JSON.stringify(body)}`, ...args)
  await merge({ metadata: { labels } })
  const claimed = claims(gpus)
  await merge({ status: { capacity: claimed, allocatable: claimed } }, '--subresource=status')
}
