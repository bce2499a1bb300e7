import { readdirSync, readFileSync } from 'node:fs'
import type { K8sObject } from '#src/api/objects.ts'
import { createKubeClient, type KubeClient } from '#src/kube/client.ts'
import { type Access, type Credentials, createCredentials } from '#src/kube/credentials.ts'
import { createHttp, type Http, type HttpOptions } from '#src/kube/http.ts'
import { kubeconfig as accessBy } from '#src/kube/kubeconfig.ts'
import type { Kind } from '#src/kube/resource.ts'
import { watchSource } from '#src/kube/watch-source.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Store } from '#src/runtime/store.ts'
import { WatchLoop, type WatchLoopOptions } from '#src/runtime/watch-loop.ts'

export interface Connected {
  readonly http: Http
  readonly client: KubeClient
  readonly credentials: Credentials
}

/** A client for the kubeconfig, through `server` instead of the address in it if given. */
export function connect(kubeconfig: string, server?: string, options: Partial<HttpOptions> = {}): Connected {
  const credentials = createCredentials(async () => redirected(await accessBy(kubeconfig), server))
  const http = createHttp({ credentials, userAgent: 'kaito-ts-test', ...options })
  return { http, client: createKubeClient(http), credentials }
}

const redirected = (access: Access, server: string | undefined): Access =>
  server === undefined ? access : { ...access, server }

/** A store of one kind in namespace `default`, kept by a running watch loop; `stop` ends it. */
export function follow(client: KubeClient, kind: Kind, more: Partial<WatchLoopOptions<K8sObject>> = {}) {
  const store = new Store<K8sObject>()
  const changes: string[] = []
  const errors: unknown[] = []
  const states: string[] = []
  store.onChange((change) => changes.push(`${change.type} ${change.key}`))
  const loop = new WatchLoop<K8sObject>({
    source: watchSource(client, kind, { namespace: 'default' }),
    sink: store,
    clock: systemClock,
    random: Math.random,
    onError: (error) => errors.push(error),
    onState: (state) => states.push(state.kind),
    ...more,
  })
  const end = new AbortController()
  const running = loop.run(end.signal)
  const stop = async () => {
    end.abort()
    await running
  }
  return { store, changes, errors, states, loop, stop }
}

/** Waits until `check` is true, looking every 20 ms; throws with `what` after `ms`. Returns how long it took. */
export async function until(what: string, ms: number, check: () => boolean | Promise<boolean>): Promise<number> {
  const startedAt = performance.now()
  while (!(await check())) {
    if (performance.now() - startedAt > ms) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - startedAt
}

export const configMap = (name: string, data: Record<string, string> = {}): K8sObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name },
  data,
})

/** Client URL of the etcd that keeps its data under `dir`, read from its command line. */
export function etcdUrl(dir: string): string {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const argv = commandLine(pid)
    const url = argv.find((argument) => argument.startsWith('--listen-client-urls='))
    if (url && argv.some((argument) => argument.startsWith(`--data-dir=${dir}/`)))
      return url.slice(url.indexOf('=') + 1)
  }
  throw new Error(`no etcd keeps its data under ${dir}`)
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
