import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Access } from './credentials.ts'

/** Where the kubelet puts a pod's token and the cluster's authority. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The access of a pod by its service account. Read here and not by client-node, which knows it, too: loading that
 * library takes 87 MiB and half a second of every operator and is needed outside of a cluster only (docs/adr/0009).
 */
export function serviceAccount(server: string, folder = SERVICE_ACCOUNT_FOLDER): Access {
  return {
    server,
    async present() {
      const read = (name: string) => readFile(join(folder, name), 'utf8')
      const [ca, token] = await Promise.all([read('ca.crt'), read('token')])
      return { tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } }
    },
  }
}
