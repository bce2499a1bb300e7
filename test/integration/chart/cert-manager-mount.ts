import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient } from '#src/kube/client.ts'
import { eventually } from '#test/support/eventually.ts'
import { projectSecret } from '#test/support/projected-secret.ts'
import { at } from './helm.ts'

/** A Secret in a folder, kept as the kubelet keeps a volume. */
export interface MountedSecret {
  /** Ends the updates. */
  stop(): Promise<void>
}

/**
 * Waits for the Secret, projects it, and follows it from then on: a deleted Secret leaves the files, as in a running pod.
 */
export async function mountSecret(
  client: KubeClient,
  secret: { readonly namespace: string; readonly name: string },
  folder: string,
): Promise<MountedSecret> {
  let shown = ''
  const sync = async () => {
    const data = at(await client.get({ kind: 'Secret', ...secret }), 'data')
    const content = JSON.stringify(data)
    if (data === undefined || content === shown) return
    const files = Object.entries(Object(data)).map(
      ([name, base64]) => [name, Buffer.from(String(base64), 'base64')] as const,
    )
    projectSecret(folder, new Map(files))
    shown = content
  }
  const first = async () => {
    await sync()
    return shown !== ''
  }
  await eventually(`a Secret ${secret.name} to mount`, first, 60_000)
  const stop = new AbortController()
  const following = (async () => {
    while (!stop.signal.aborted) {
      await sleep(500)
      await sync()
    }
  })()
  return {
    stop: async () => {
      stop.abort()
      await following
    },
  }
}
