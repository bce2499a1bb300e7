import { Resolver } from 'node:dns/promises'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, isClusterRunning, startCluster, stopCluster } from '#examples/cluster/cluster.ts'
import { mustRun } from '#examples/cluster/command.ts'
import { type Kubectl, kubectlFor } from '#examples/cluster/node/kubectl.ts'
import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import { cacheRoot } from '#examples/cluster/paths.ts'
import { singleFileImage } from '#examples/cluster/single-file-image.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'

const NAMESPACE = 'cluster-test'
const REPOSITORY = 'cluster-test/kubectl:1'

/** Needs root: the node mounts file systems and makes network namespaces. */
describe.skipIf(process.getuid?.() !== 0)('the one-node cluster', () => {
  let cluster: Cluster
  let kubectl: Kubectl
  let wasRunning = false
  let options: { dir?: string } = {}

  beforeAll(async () => {
    wasRunning = await isClusterRunning()
    // A cluster of its own where none runs: what a quickstart left in the usual folder would hold the GPU. The cache's
    // folder, because container layers do not go on a small temporary file system.
    if (!wasRunning) {
      options = { dir: join(cacheRoot(), 'cluster', 'node-test') }
      await stopCluster({ ...options, purge: true })
    }
    cluster = await startCluster({ ...options, progress: (line) => process.stderr.write(`${line}\n`) })
    kubectl = kubectlFor(cluster.binaries.get('kubectl') ?? '', cluster.kubeconfig)
    await pushKubectlImage(cluster)
    await kubectl.run('delete', 'namespace', NAMESPACE, '--ignore-not-found')
    await kubectl.run('create', 'namespace', NAMESPACE)
    await kubectl.run('wait', '-n', NAMESPACE, '--for=create', 'serviceaccount/default', '--timeout=20s')
  }, 1_200_000)

  afterAll(async () => {
    if (wasRunning) await kubectl.run('delete', 'namespace', NAMESPACE)
    else await stopCluster({ ...options, purge: true })
  })

  /** Runs the image to its end and returns its log. */
  async function logOf(name: string, spec: object): Promise<string> {
    await kubectl.apply(pod(name, spec))
    const ended = ['wait', '-n', NAMESPACE, `pod/${name}`, '--timeout=40s']
    await kubectl.run(...ended, '--for=jsonpath={.status.containerStatuses[0].state.terminated.containerID}')
    return kubectl.run('logs', '-n', NAMESPACE, name)
  }

  test('a pod runs an image of the local registry without a pull secret and finds the apiserver by name', async () => {
    // kubectl takes the apiserver's address from here, and the pod's own token and authority with it.
    const env = [{ name: 'KUBERNETES_SERVICE_HOST', value: 'kubernetes.default' }]
    const args = ['get', '--raw=/version']
    expect(await logOf('version', container({ args, env }))).toContain('"gitVersion": "v1.35.4"')
  })

  test('a pod finds the registry by name, and it asks for a password', async () => {
    const args = [`--server=http://${cluster.registry.name}`, 'get', '--raw=/v2/']
    expect(await logOf('registry', container({ args }))).toMatch(/UNAUTHORIZED|logged in|authentication required/i)
  })

  test('nobody pushes to the registry without its password', async () => {
    const upload = await fetch(`http://${cluster.registry.hostUrl}/v2/intruder/blobs/uploads/`, { method: 'POST' })
    expect(upload.status).toBe(401)
  })

  test('a name given to the cluster while it runs is resolved by the next pod', async () => {
    cluster.setHost('added.kaito.local', cluster.nodeAddress)
    const args = ['--server=http://added.kaito.local:5000', 'get', '--raw=/v2/']
    await expect.poll(async () => lookup(cluster, 'added.kaito.local'), { timeout: 10_000 }).toBe(cluster.nodeAddress)
    expect(await logOf('added', container({ args }))).toMatch(/UNAUTHORIZED|logged in|authentication required/i)
  })

  test('an image mounts as a volume', async () => {
    const volumes = [{ name: 'image', image: { reference: `${cluster.registry.name}/${REPOSITORY}` } }]
    const volumeMounts = [{ name: 'image', mountPath: '/mnt/image' }]
    const command = ['/mnt/image/program', 'version', '--client']
    expect(await logOf('volume', { ...container({ command, volumeMounts }), volumes })).toContain('v1.35.4')
  })

  test('a Service answers at its address on this machine', async () => {
    const args = ['proxy', '--port=8001', '--address=0.0.0.0', '--accept-hosts=.*']
    const service = { selector: { run: 'server' }, ports: [{ port: 80, targetPort: 8001 }] }
    await kubectl.apply(pod('server', container({ args })), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server', namespace: NAMESPACE },
      spec: service,
    })
    await kubectl.run('wait', '-n', NAMESPACE, 'pod/server', '--for=condition=Ready', '--timeout=30s')
    const address = await kubectl.run('get', '-n', NAMESPACE, 'service/server', '-o', 'jsonpath={.spec.clusterIP}')
    const answer = () => fetch(`http://${address}/version`).then((response) => response.text(), String)
    await expect.poll(answer, { timeout: 10_000 }).toContain('v1.35.4')
  })

  test('the node has one GPU, so of two pods that ask for one the second waits; the kubelet dying does not change that', async (context) => {
    const holders = '-o=jsonpath={.items[?(@.spec.containers[0].resources.limits.nvidia\\.com/gpu=="1")].metadata.name}'
    const held = await kubectl.run(
      'get',
      'pods',
      '-A',
      '--field-selector=status.phase!=Succeeded,status.phase!=Failed',
      holders,
    )
    context.skip(held.trim() !== '', `the running cluster's GPU is in use by ${held.trim()}`)
    const args = ['proxy', '--port=8001']
    const gpu = container({ args, resources: { limits: { 'nvidia.com/gpu': '1' } } })
    await kubectl.apply(pod('gpu-1', gpu))
    await kubectl.run('wait', '-n', NAMESPACE, 'pod/gpu-1', '--for=condition=Ready', '--timeout=30s')
    await kubectl.apply(pod('gpu-2', gpu))
    const reason = '--for=jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable'
    await kubectl.run('wait', '-n', NAMESPACE, 'pod/gpu-2', reason, '--timeout=20s')
    const state = JSON.parse(readFileSync(join(cluster.dir, 'state.json'), 'utf8'))
    process.kill(state.daemons.kubelet.pid, 'SIGKILL')
    await startCluster(options)
    expect(await kubectl.run('get', 'node', '-o', 'jsonpath={.items[0].status.allocatable.nvidia\\.com/gpu}')).toBe('1')
    const phase = await kubectl.run('get', '-n', NAMESPACE, 'pod/gpu-1', '-o', 'jsonpath={.status.phase}')
    expect(phase).toBe('Running')
  })

  function container(spec: object): object {
    const image = `${cluster.registry.name}/${REPOSITORY}`
    return { restartPolicy: 'Never', containers: [{ name: 'main', image, ...spec }] }
  }
})

const pod = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE, labels: { run: name } },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
})

async function lookup(cluster: Cluster, name: string): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([cluster.nodeAddress])
  return resolver.resolve4(name).then(
    ([address]) => address,
    () => undefined,
  )
}

/** kubectl is a static program that speaks HTTP: as an image it can test names, Services and the API from inside. */
async function pushKubectlImage(cluster: Cluster): Promise<void> {
  await ensureDebianPackages(['skopeo'])
  const archive = join(tempFolder('image'), 'image.tar')
  const program = readFileSync(cluster.binaries.get('kubectl') ?? '')
  writeFileSync(archive, await singleFileImage({ name: REPOSITORY, program }))
  const { user, password, hostUrl } = cluster.registry
  const login = ['--dest-tls-verify=false', `--dest-creds=${user}:${password}`]
  await mustRun([
    'skopeo',
    'copy',
    '--insecure-policy',
    ...login,
    `oci-archive:${archive}`,
    `docker://${hostUrl}/${REPOSITORY}`,
  ])
}
