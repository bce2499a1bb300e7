import { ANNOTATION } from '#src/api/labels.ts'
import { checkMessage } from '#src/contract/check.ts'
import { AUTH_FILE, MOUNT } from '#src/contract/mounts.ts'
import { probeMessage } from '#src/contract/probe.ts'
import type { Container, Job, PodSpec, Volume } from './manifest.ts'
import { ownedBy, ownedLabels } from './meta.ts'
import { tuningRevision } from './names.ts'
import { joinParts, POD_SECURITY, pullSecrets, stepContainer } from './pod-parts.ts'
import { CHECK_RESOURCES, tmpVolume } from './room.ts'
import { datasetParts } from './sources.ts'
import { trainSpec } from './train-spec.ts'
import type { TuningInputs } from './tuning-inputs.ts'
import { modelParts } from './weights.ts'

/**
 * The Job that proves a run before a GPU is asked for, in a pod without one: `fetch` gets the dataset, then `check` (the
 * trainer's own code) and `probe` (the push) judge side by side. What they find is in their termination messages and does not
 * end the pod, so that all faults are told at once; what does end it is the step itself, and then it is tried once more.
 */
export function precheckJob(name: string, inputs: TuningInputs): Job {
  const { workspace, settings } = inputs
  const labels = ownedLabels(workspace, 'precheck')
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: workspace.metadata.namespace ?? 'default',
      labels,
      annotations: { [ANNOTATION.revision]: tuningRevision(workspace) },
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      backoffLimit: 1,
      activeDeadlineSeconds: settings.tuningDeadlineSeconds,
      // What was found is in the Workspace's status by then.
      ttlSecondsAfterFinished: 3600,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: { metadata: { labels }, spec: precheckPod(inputs) },
    },
  }
}

function precheckPod(inputs: TuningInputs): PodSpec {
  const { tuning, settings } = inputs
  const model = modelParts(tuning.preset ?? { name: '' }, inputs.preset, settings, inputs.imageVolumes)
  const dataset = datasetParts(tuning.input, settings, inputs.imageVolumes)
  const parts = joinParts(model.parts, dataset.parts)
  const check = stepContainer(checkMessage, {
    image: settings.images.trainer,
    spec: { ...trainSpec(inputs, { model: model.model, data: dataset.folder }), gpus: inputs.gpus },
    mounts: parts.mounts,
    env: model.env,
    resources: CHECK_RESOURCES,
  })
  const probe = probeContainer(inputs)
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    ...pullSecrets(...settings.imagePullSecrets, ...parts.imagePullSecrets),
    volumes: [...parts.volumes, ...(probe?.volumes ?? []), tmpVolume()],
    initContainers: parts.initContainers.map(findingOnly),
    containers: [
      { ...check, command: ['python3', '/app/check.py'] },
      ...(probe === undefined ? [] : [findingOnly(probe.container)]),
    ],
  }
}

/** A step of the operator's image that says what it finds and ends well whatever that is. */
const findingOnly = (step: Container): Container => ({ ...step, args: [...(step.args ?? []), 'finding'] })

/** How long a registry that does not answer is asked again; who waits has not paid for anything yet. */
const PROBE_PATIENCE_SECONDS = 20

function probeContainer(
  inputs: TuningInputs,
): { readonly container: Container; readonly volumes: readonly Volume[] } | undefined {
  const { settings, tuning } = inputs
  const { image, imagePushSecret: secretName } = tuning.output
  if (image === undefined) return undefined
  const auth = { name: 'push-auth', mountPath: MOUNT.pushAuth, readOnly: true }
  const container = stepContainer(probeMessage, {
    image: settings.images.operator,
    spec: {
      image,
      ...(secretName === undefined ? {} : { authFile: `${MOUNT.pushAuth}/${AUTH_FILE}` }),
      patienceSeconds: PROBE_PATIENCE_SECONDS,
      insecureRegistries: settings.insecureRegistries,
      tokenServices: settings.tokenServices,
    },
    mounts: secretName === undefined ? [] : [auth],
  })
  // Optional: a Secret of another type has no such key, and the step says so instead of a pod that never starts.
  const items = [{ key: '.dockerconfigjson', path: AUTH_FILE }]
  const volumes = secretName === undefined ? [] : [{ name: auth.name, secret: { secretName, items, optional: true } }]
  return { container, volumes }
}
