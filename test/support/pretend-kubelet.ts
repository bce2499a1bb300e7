import type { ContainerStatusView, K8sObject } from '#src/api/objects.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { GPU_TYPE, NODE_LABELS } from './workspaces.ts'

/** What a test says as the kubelet, the Job controller and the StatefulSet controller would: through the API. */
export interface PretendKubelet {
  /** A ready GPU node with the labels that the test's Workspaces ask for. */
  joinNode(name: string, labels?: Readonly<Record<string, string>>): Promise<void>
  /** Creates the pod of a Job, with these containers' states. Returns its name. */
  startPod(job: K8sObject, statuses: Partial<PodStatuses>): Promise<string>
  setPod(namespace: string, name: string, statuses: Partial<PodStatuses>): Promise<void>
  completeJob(job: K8sObject): Promise<void>
  failJob(job: K8sObject, reason: string, message: string): Promise<void>
  /** As many replicas are up to date and ready as the set asks for. */
  readySet(set: K8sObject): Promise<void>
}

export interface PodStatuses {
  readonly phase: string
  readonly init: readonly ContainerStatusView[]
  readonly main: readonly ContainerStatusView[]
}

export const running = (name: string): ContainerStatusView => ({ name, state: { running: { startedAt: now() } } })

export const ended = (name: string, exitCode: number, outcome: unknown): ContainerStatusView => ({
  name,
  state: {
    terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message: JSON.stringify(outcome) },
  },
})

export function pretendKubelet(client: KubeClient): PretendKubelet {
  let pods = 0
  const setPod: PretendKubelet['setPod'] = async (namespace, name, { phase, init = [], main = [] }) => {
    await client.merge(
      { kind: 'Pod', namespace, name },
      { status: podStatus({ phase: phase ?? 'Running', init, main }) },
      STATUS,
    )
  }
  return {
    joinNode: (name, labels = {}) => joinNode(client, name, labels),
    setPod,
    startPod: async (job, statuses) => {
      pods += 1
      const { namespace = '' } = job.metadata
      const name = `${job.metadata.name}-${pods}`
      await client.create(podOf(job, name))
      await setPod(namespace, name, statuses)
      return name
    },
    completeJob: async (job) => {
      const at = now()
      const conditions = [
        condition('SuccessCriteriaMet', 'CompletionsReached'),
        condition('Complete', 'CompletionsReached'),
      ]
      await jobStatus(client, job, { startTime: at, completionTime: at, succeeded: 1, conditions })
    },
    failJob: async (job, reason, message) => {
      const conditions = [condition('FailureTarget', reason, message), condition('Failed', reason, message)]
      await jobStatus(client, job, { startTime: now(), failed: 1, conditions })
    },
    readySet: async ({ metadata: { namespace = '', name } }) => {
      const set = await client.get({ kind: 'StatefulSet', namespace, name })
      const replicas = (set?.['spec'] as { replicas?: number } | undefined)?.replicas ?? 1
      const status = {
        observedGeneration: set?.metadata['generation'],
        replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
        currentReplicas: replicas,
        updatedReplicas: replicas,
      }
      await client.merge({ kind: 'StatefulSet', namespace, name }, { status }, STATUS)
    },
  }
}

const STATUS = { subresource: 'status' }

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

const condition = (type: string, reason: string, message = '') => ({
  type,
  status: 'True',
  reason,
  message,
  lastProbeTime: now(),
  lastTransitionTime: now(),
})

async function joinNode(client: KubeClient, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await client.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'node.kubernetes.io/instance-type': GPU_TYPE, ...NODE_LABELS, ...labels } },
  })
  const resources = { cpu: '24', memory: '220Gi', pods: '110', 'nvidia.com/gpu': '1' }
  const status = {
    capacity: resources,
    allocatable: resources,
    conditions: [condition('Ready', 'KubeletReady')].map(({ lastProbeTime: _, ...rest }) => rest),
    nodeInfo: {
      kubeletVersion: 'v1.36.1',
      containerRuntimeVersion: 'containerd://2.3.0',
      architecture: 'amd64',
      bootID: 'b',
      kernelVersion: '6.1',
      kubeProxyVersion: '',
      machineID: 'm',
      operatingSystem: 'linux',
      osImage: 'Debian',
      systemUUID: 's',
    },
  }
  await client.merge({ kind: 'Node', name }, { status }, STATUS)
}

function podOf(job: K8sObject, name: string): K8sObject {
  const template = (job['spec'] as { template: { metadata: { labels: object }; spec: object } }).template
  const { namespace = '', uid = '' } = job.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      labels: {
        ...template.metadata.labels,
        'job-name': job.metadata.name,
        'batch.kubernetes.io/job-name': job.metadata.name,
      },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job.metadata.name, uid, controller: true }],
    },
    spec: template.spec,
  }
}

const podStatus = ({ phase, init, main }: PodStatuses) => ({
  phase,
  initContainerStatuses: init.map(complete),
  containerStatuses: main.map(complete),
})

/** Fields that the API demands and this operator never reads. */
const complete = (status: ContainerStatusView) => ({
  ready: false,
  restartCount: 0,
  image: 'i',
  imageID: 'i',
  ...status,
})

async function jobStatus(client: KubeClient, job: K8sObject, status: object): Promise<void> {
  const { namespace = '', name } = job.metadata
  await client.merge({ kind: 'Job', namespace, name }, { status }, STATUS)
}
