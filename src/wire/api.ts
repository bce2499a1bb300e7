import type { Config } from '#src/config.ts'
import { createKubeClient, type KubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp, type Http } from '#src/kube/http.ts'
import { kubeconfig } from '#src/kube/kubeconfig.ts'
import { serviceAccount } from '#src/kube/service-account.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Wiring } from './wiring.ts'

/** The way to the API server, which every role has. */
export interface Api {
  readonly http: Http
  readonly client: KubeClient
  readonly component: Component
}

export function wireApi({ config, metrics }: Wiring): Api {
  const credentials = createCredentials(() => accessTo(config))
  const http = createHttp({
    credentials,
    userAgent: 'kaito-ts',
    onCall: ({ method, status, tookMs }) => {
      metrics.count('kubeCalls', { method, status: String(status) })
      metrics.observe('kubeCallSeconds', tookMs / 1000, { method })
    },
  })
  return { http, client: createKubeClient(http), component: { name: 'api', stop: () => credentials.close() } }
}

/** A kubeconfig that was named comes first; a pod uses its own account; a person's shell has a default kubeconfig. */
const accessTo = (config: Config) =>
  config.kubeconfig === undefined && config.apiServer !== undefined
    ? serviceAccount(config.apiServer)
    : kubeconfig(config.kubeconfig)
