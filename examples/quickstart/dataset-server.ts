import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { DATASETS } from './install.ts'
import type { Place } from './place.ts'

/** A file server of one file, in JavaScript that Node runs as it is: it travels in a ConfigMap beside the file. */
const SERVER = `
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname
  const file = '/data/' + path.split('/').at(-1)
  try {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': statSync(file).size })
    createReadStream(file).pipe(response)
  } catch {
    response.writeHead(404).end('no such file')
  }
}).listen(8080)
`

/** Serves a small file inside the cluster over HTTP, and gives the address in the seed's shape: with `?download=true`. */
export async function serveDataset(place: Place, file: string, operatorImage: string): Promise<string> {
  const name = basename(file)
  const labels = { app: 'datasets' }
  const content = (await readFile(file)).toString('base64')
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'datasets', namespace: 'default' },
      data: { 'server.mjs': SERVER },
      binaryData: { [name]: content },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'datasets', namespace: 'default' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'datasets', namespace: 'default' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: serverPod(operatorImage) },
      },
    },
  ]
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  await place.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: list })
  await place.kubectl(['rollout', 'status', 'deployment/datasets', '--timeout=120s'])
  return `http://${DATASETS}/data/${name}?download=true`
}

const serverPod = (image: string) => ({
  automountServiceAccountToken: false,
  containers: [
    {
      name: 'server',
      image,
      args: ['/data/server.mjs'],
      ports: [{ containerPort: 8080 }],
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
    },
  ],
  volumes: [{ name: 'data', configMap: { name: 'datasets' } }],
})
