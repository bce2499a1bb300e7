import { runDeadline } from '#src/api/deadline.ts'
import { ANNOTATION } from '#src/api/labels.ts'
import { FINAL_EXIT_CODES } from '#src/contract/ends.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import { trainMessage } from '#src/contract/train.ts'
import type { Container, EnvVar, FailureRule, Job, PodSpec, Volume } from './manifest.ts'
import { ownedBy, ownedLabels } from './meta.ts'
import { tuningJobName, tuningRevision } from './names.ts'
import { placement } from './placement.ts'
import { foreignVolume, joinParts, POD_SECURITY, type PodParts, pullSecrets, stepContainer } from './pod-parts.ts'
import { resultsVolume, SHARED_MEMORY, tmpVolume, workResources } from './room.ts'
import { datasetParts } from './sources.ts'
import { trainSpec } from './train-spec.ts'
import type { TuningInputs } from './tuning-inputs.ts'
import { pushParts } from './tuning-push.ts'
import { type ModelLocation, weightsParts } from './weights.ts'

/**
 * The Job of one tuning run. Its pod is a pipeline that Kubernetes itself sequences: init `fetch`, init `train` (the only
 * container with a GPU), container `push`. A step that fails ends the pod at once; nothing waits for a sentinel.
 */
export function tuningJob(inputs: TuningInputs): Job {
  const { workspace, settings } = inputs
  const labels = ownedLabels(workspace, 'tuning')
  const push = inputs.tuning.output.image !== undefined
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: tuningJobName(workspace),
      namespace: workspace.metadata.namespace ?? 'default',
      labels,
      annotations: { [ANNOTATION.revision]: tuningRevision(workspace) },
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      backoffLimit: 3,
      // The deadline is the training's; a push that waits must not be cut off by it.
      activeDeadlineSeconds: runDeadline(workspace, settings) + (push ? settings.pushPatienceSeconds : 0),
      ttlSecondsAfterFinished: settings.tuningJobTtlSeconds,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: push ? [...FAILURE_RULES, PUSH_RULE] : FAILURE_RULES },
      template: {
        metadata: { labels, annotations: { [ANNOTATION.doNotDisrupt]: 'true' } },
        spec: tuningPod(inputs),
      },
    },
  }
}

/**
 * Which ends of a pod are worth another try. Exit codes are those of the steps (docs/steps.md): a wrong config, dataset,
 * model or credential is the same on the next try; losing the node is nobody's fault and does not count.
 */
const FAILURE_RULES: readonly FailureRule[] = [
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  { action: 'FailJob', onExitCodes: { operator: 'In', values: FINAL_EXIT_CODES } },
]

/** A push has tried for long enough by itself, and another pod would have to train first. */
const PUSH_RULE: FailureRule = {
  action: 'FailJob',
  onExitCodes: { containerName: 'push', operator: 'NotIn', values: [0] },
}

function tuningPod(inputs: TuningInputs): PodSpec {
  const { workspace, tuning, settings, imageVolumes } = inputs
  const weights = weightsParts(tuning.preset ?? { name: '' }, inputs.preset, settings, imageVolumes)
  const dataset = datasetParts(tuning.input, settings, imageVolumes)
  const push = pushParts(inputs)
  const results: Volume =
    tuning.output.volumeSource === undefined
      ? resultsVolume('results')
      : foreignVolume('results', tuning.output.volumeSource)
  const parts = joinParts(weights.parts, dataset.parts, push.parts)
  const train = trainStep(inputs, { parts, model: weights.model, data: dataset.folder, env: weights.env })
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...placement(workspace, settings),
    ...pullSecrets(...settings.imagePullSecrets, ...parts.imagePullSecrets),
    // The trainer keeps what it made of the dataset there.
    volumes: [...parts.volumes, results, SHARED_MEMORY, tmpVolume(2 * settings.datasetMaxBytes)],
    initContainers: push.container === undefined ? parts.initContainers : [...parts.initContainers, train],
    containers: [push.container ?? train],
  }
}

interface TrainPlace {
  readonly parts: PodParts
  readonly model: ModelLocation
  /** Folder of the dataset. */
  readonly data: string
  readonly env: readonly EnvVar[]
}

function trainStep(inputs: TuningInputs, { parts, model, data, env }: TrainPlace): Container {
  return stepContainer(trainMessage, {
    image: inputs.settings.images.trainer,
    spec: trainSpec(inputs, { model, data }),
    mounts: [
      ...parts.mounts.filter(({ name }) => name === 'weights' || name === 'data'),
      { name: 'results', mountPath: MOUNT.results },
      { name: 'dshm', mountPath: '/dev/shm' },
    ],
    env,
    resources: workResources(inputs.gpus, inputs.nodeMemory),
  })
}
