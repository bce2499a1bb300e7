import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient } from '#src/kube/client.ts'
import { at } from './helm.ts'

/** A Secret in a folder, kept as the kubelet keeps a volume. */
export interface MountedSecret {
  /** Ends the updates. */
  stop(): Promise<void>
}

/**
 * Waits for the Secret, projects it, and follows it from then on: each new content goes into a folder of its own, and one
 * rename of a symbolic link shows all of its files at once. A deleted Secret leaves the files, as in a running pod.
 */
export async function mountSecret(
  client: KubeClient,
  secret: { readonly namespace: string; readonly name: string },
  folder: string,
): Promise<MountedSecret> {
  let shown = ''
  let version = 0
  const sync = async () => {
    const data = at(await client.get({ kind: 'Secret', ...secret }), 'data')
    const content = JSON.stringify(data)
    if (data === undefined || content === shown) return
    version += 1
    project(folder, version, new Map(Object.entries(Object(data)).map(([name, text]) => [name, String(text)])))
    shown = content
  }
  const deadline = Date.now() + 60_000
  while (shown === '') {
    if (Date.now() > deadline) throw new Error(`no Secret ${secret.name} to mount`)
    await sleep(100)
    await sync()
  }
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

function project(folder: string, version: number, files: ReadonlyMap<string, string>): void {
  const name = `..version-${version}`
  mkdirSync(join(folder, name), { recursive: true })
  for (const [file, base64] of files) writeFileSync(join(folder, name, file), Buffer.from(base64, 'base64'))
  symlinkSync(name, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  if (version === 1) for (const file of files.keys()) symlinkSync(join('..data', file), join(folder, file))
}
