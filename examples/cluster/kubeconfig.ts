import { writeFileSync } from 'node:fs'
import type { Certificate } from './certificates.ts'

/** Writes a kubeconfig with one cluster, user and context, all called `kaito`. JSON, which is YAML too. */
export function writeKubeconfig(file: string, url: string, ca: string, user: Certificate): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kaito', cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: 'kaito',
        user: { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) },
      },
    ],
    contexts: [{ name: 'kaito', context: { cluster: 'kaito', user: 'kaito' } }],
    'current-context': 'kaito',
  }
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
  return file
}
