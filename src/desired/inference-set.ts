import { apiKeysSecret } from '#src/api/api-keys.ts'
import type { InferenceSpec } from '#src/api/inference.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Preset } from '#src/catalog/preset.ts'
import type { InferenceConfig } from '#src/inference/inference-config.ts'
import { defined } from '#src/lib/defined.ts'
import { adapterParts } from './adapters.ts'
import { engineArgs, mediaEnv } from './engine.ts'
import { afterGateway, engineAnswers, GRACE_SECONDS, gatewayContainer, keysVolumes } from './gateway.ts'
import type { Container, EnvVar, PodSpec, StatefulSet, VolumeMount } from './manifest.ts'
import { ownedBy, ownedLabels, selectorLabels } from './meta.ts'
import { headlessName, inferenceName } from './names.ts'
import { placement } from './placement.ts'
import { CONTAINER_SECURITY, joinParts, POD_SECURITY, pullSecrets, TMP_MOUNT } from './pod-parts.ts'
import { SHARED_MEMORY, tmpVolume, workResources } from './room.ts'
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
  /** Bytes that the smallest node it may run on has for pods. */
  readonly nodeMemory?: number
  /** Those of them that share each layer. */
  readonly tensor: number
  /** Copies that share out the requests. */
  readonly data: number
  /** The GPU has no bfloat16. */
  readonly isHalf: boolean
  readonly maxModelLen?: number
  readonly engine: InferenceConfig
}

/** Replicas of a preset's server, each with its gateway and all adapters. */
export function inferenceSet(inputs: InferenceInputs): StatefulSet {
  const labels = ownedLabels(inputs.workspace, 'inference')
  return statefulSet(inputs.workspace, { metadata: { labels }, spec: presetPod(inputs) })
}

/** The replicas of a Workspace, as many as it has nodes. */
export function statefulSet<Template>(workspace: Workspace, template: Template): StatefulSet<Template> {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: inferenceName(workspace),
      namespace: workspace.metadata.namespace ?? 'default',
      labels: ownedLabels(workspace, 'inference'),
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      replicas: workspace.resource?.count ?? 1,
      // Replaced one at a time and old before new: with every GPU in use there is no room for a surge.
      podManagementPolicy: 'Parallel',
      serviceName: headlessName(workspace),
      selector: { matchLabels: selectorLabels(workspace, 'inference') },
      template,
    },
  }
}

function presetPod(inputs: InferenceInputs): PodSpec {
  const { workspace, inference, preset, settings, imageVolumes } = inputs
  const weights = weightsParts(inference.preset ?? { name: '' }, preset, settings, imageVolumes)
  const adapters = adapterParts(inference.adapters ?? [], settings, imageVolumes, inputs.pinned)
  const parts = joinParts(weights.parts, adapters.parts)
  const keysSecret = apiKeysSecret(workspace)
  const args = engineArgs({
    model: weights.model,
    servedName: preset.name,
    adapters: adapters.adapters,
    tensor: inputs.tensor,
    data: inputs.data,
    isHalf: inputs.isHalf,
    mediaDomains: settings.mediaDomains,
    config: inputs.engine,
    extra: preset.engineArgs ?? [],
    ...defined({ maxModelLen: inputs.maxModelLen }),
  })
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...placement(workspace, settings),
    ...pullSecrets(...settings.imagePullSecrets, ...parts.imagePullSecrets),
    volumes: [...parts.volumes, ...keysVolumes(keysSecret), SHARED_MEMORY, tmpVolume()],
    initContainers: parts.initContainers,
    containers: [
      serverContainer(inputs, args, parts.mounts, weights.env),
      gatewayContainer({
        settings,
        baseModel: preset.name,
        adapters: adapters.adapters.map(({ name }) => name),
        engine: inputs.engine,
        keysSecret,
      }),
    ],
  }
}

const HOME: EnvVar = { name: 'HOME', value: '/tmp' }

function serverContainer(
  { settings, gpus, nodeMemory }: Pick<InferenceInputs, 'settings' | 'gpus' | 'nodeMemory'>,
  args: readonly string[],
  mounts: readonly VolumeMount[],
  env: readonly EnvVar[],
): Container {
  return {
    name: 'server',
    image: settings.images.server,
    args,
    env: [...env, ...mediaEnv(settings.mediaDomains), { name: 'VLLM_NO_USAGE_STATS', value: '1' }, HOME],
    volumeMounts: [...mounts, { name: 'dshm', mountPath: '/dev/shm' }, TMP_MOUNT],
    resources: workResources(gpus, nodeMemory),
    securityContext: CONTAINER_SECURITY,
    lifecycle: afterGateway,
    // Three hours is upstream's longest start.
    startupProbe: {
      ...engineAnswers,
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 2160,
    },
    livenessProbe: {
      ...engineAnswers,
      periodSeconds: 15,
      timeoutSeconds: 10,
      failureThreshold: 8,
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}
