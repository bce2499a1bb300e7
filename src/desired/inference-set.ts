import type { InferenceSpec } from '#src/api/inference.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Preset } from '#src/catalog/preset.ts'
import type { InferenceConfig } from '#src/inference/inference-config.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { adapterParts } from './adapters.ts'
import { engineArgs } from './engine.ts'
import { afterGateway, GATEWAY_PORT, GRACE_SECONDS, gatewayContainer } from './gateway.ts'
import { ownedBy, ownedLabels, selectorLabels } from './meta.ts'
import { headlessName, inferenceName } from './names.ts'
import { placement } from './placement.ts'
import { CONTAINER_SECURITY, type Json, joinParts, POD_SECURITY, TMP_MOUNT, TMP_VOLUME } from './pod-parts.ts'
import { weightsParts } from './weights.ts'

export interface InferenceInputs {
  readonly workspace: Workspace
  readonly inference: InferenceSpec
  readonly preset: Preset
  readonly settings: Settings
  readonly imageVolumes: boolean
  readonly pinned: ReadonlyMap<string, string>
  /** GPUs of one replica. */
  readonly gpus: number
  /** Those of them that share each layer. */
  readonly tensor: number
  /** The GPU has no bfloat16. */
  readonly isHalf: boolean
  readonly maxModelLen?: number
  readonly engine: InferenceConfig
}

/** Replicas of a preset's server, each with its gateway and all adapters. */
export function inferenceSet(inputs: InferenceInputs): K8sObject {
  return statefulSet(inputs.workspace, presetPod(inputs))
}

/** Replicas of the user's own pod template: its labels and annotations stay, and only our labels and the placement are added. */
export function templateSet(workspace: Workspace, template: Json, settings: Settings): K8sObject {
  const spec = template['spec']
  const { affinity, tolerations } = placement(workspace, settings)
  const own = isJsonObject(spec) ? spec : {}
  const metadata = isJsonObject(template['metadata']) ? template['metadata'] : {}
  const ownTolerations = Array.isArray(own['tolerations']) ? own['tolerations'] : []
  const podSpec = {
    ...own,
    ...(own['affinity'] === undefined && affinity !== undefined ? { affinity } : {}),
    tolerations: [...ownTolerations, ...(Array.isArray(tolerations) ? tolerations : [])],
  }
  return statefulSet(workspace, podSpec, {
    ...(isJsonObject(metadata['labels']) ? { labels: metadata['labels'] } : {}),
    ...(isJsonObject(metadata['annotations']) ? { annotations: metadata['annotations'] } : {}),
  })
}

/** `own` is what the user's template says of its pods; our labels win, because pods are found by them. */
function statefulSet(
  workspace: Workspace,
  podSpec: Json,
  own: { readonly labels?: Json; readonly annotations?: Json } = {},
): K8sObject {
  const labels = ownedLabels(workspace, 'inference')
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: inferenceName(workspace),
      namespace: workspace.metadata.namespace ?? 'default',
      labels,
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      replicas: workspace.resource?.count ?? 1,
      // Replaced one at a time and old before new: with every GPU in use there is no room for a surge.
      podManagementPolicy: 'Parallel',
      serviceName: headlessName(workspace),
      selector: { matchLabels: selectorLabels(workspace, 'inference') },
      template: { metadata: { ...own, labels: { ...own.labels, ...labels } }, spec: podSpec },
    },
  }
}

function presetPod(inputs: InferenceInputs): Json {
  const { workspace, inference, preset, settings, imageVolumes } = inputs
  const weights = weightsParts(inference.preset ?? { name: '' }, preset.weights, settings, imageVolumes)
  const adapters = adapterParts(inference.adapters ?? [], settings, imageVolumes, inputs.pinned)
  const parts = joinParts(weights.parts, adapters.parts)
  const args = engineArgs({
    model: weights.model,
    servedName: preset.name,
    adapters: adapters.adapters,
    tensor: inputs.tensor,
    isHalf: inputs.isHalf,
    config: inputs.engine,
    extra: preset.engineArgs ?? [],
    ...(inputs.maxModelLen === undefined ? {} : { maxModelLen: inputs.maxModelLen }),
  })
  const secrets = [...new Set([...settings.imagePullSecrets, ...parts.imagePullSecrets])]
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...placement(workspace, settings),
    ...(secrets.length === 0 ? {} : { imagePullSecrets: secrets.map((name) => ({ name })) }),
    volumes: [...parts.volumes, { name: 'dshm', emptyDir: { medium: 'Memory' } }, TMP_VOLUME],
    initContainers: parts.initContainers,
    containers: [
      serverContainer(settings, args, [...parts.mounts], weights.env, inputs.gpus),
      gatewayContainer(
        settings,
        preset.name,
        adapters.adapters.map(({ name }) => name),
      ),
    ],
  }
}

function serverContainer(
  settings: Settings,
  args: readonly string[],
  mounts: Json[],
  env: readonly Json[],
  gpus: number,
): Json {
  const gpu = { 'nvidia.com/gpu': String(gpus) }
  return {
    name: 'server',
    image: settings.images.server,
    args,
    env: [...env, { name: 'VLLM_NO_USAGE_STATS', value: '1' }, { name: 'HOME', value: '/tmp' }],
    volumeMounts: [...mounts, { name: 'dshm', mountPath: '/dev/shm' }, TMP_MOUNT],
    resources: { requests: { cpu: '500m', memory: '1Gi', ...gpu }, limits: gpu },
    securityContext: CONTAINER_SECURITY,
    lifecycle: afterGateway,
    // Asked through the gateway, the engine itself being on the loopback. Three hours is upstream's longest start.
    startupProbe: {
      httpGet: { path: '/health', port: GATEWAY_PORT },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 2160,
    },
    livenessProbe: {
      httpGet: { path: '/health', port: GATEWAY_PORT },
      periodSeconds: 15,
      timeoutSeconds: 10,
      failureThreshold: 8,
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}
