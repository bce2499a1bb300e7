import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Access, Presented } from './credentials.ts'

/**
 * The access that a kubeconfig's current context gives; without `path`, that of KUBECONFIG or ~/.kube/config.
 * client-node knows every form of it: exec plugins, token files, client certificates. It is large, so it is loaded here
 * and by nothing that runs in a pod.
 */
export async function kubeconfig(path?: string): Promise<Access> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  if (path === undefined) config.loadFromDefault()
  else config.loadFromFile(path)
  return accessOf(config)
}

/** Throws an Error when the current context names no cluster. */
export function accessOf(config: KubeConfig): Access {
  const server = config.getCurrentCluster()?.server
  if (!server) throw new Error('the kubeconfig names no cluster for its current context')
  return {
    server,
    async present() {
      const options: RequestOptions = { headers: {} }
      await config.applyToHTTPSOptions(options)
      return { tls: tlsOf(options), headers: headersOf(options) }
    },
  }
}

/** Buffers become text so that equal material gives equal JSON. */
function tlsOf(options: RequestOptions): Presented['tls'] {
  const tls: Record<string, string | boolean> = {}
  for (const field of ['ca', 'cert', 'key', 'passphrase', 'servername'] as const) {
    const value = options[field]
    if (typeof value === 'string') tls[field] = value
    else if (Buffer.isBuffer(value)) tls[field] = value.toString('utf8')
  }
  if (options.rejectUnauthorized === false) tls['rejectUnauthorized'] = false
  return tls
}

function headersOf(options: RequestOptions): Presented['headers'] {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token read from a file may end in a newline, which is no legal header.
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim()
  }
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  return headers
}
