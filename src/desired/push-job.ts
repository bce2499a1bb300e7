import { ANNOTATION } from '#src/api/labels.ts'
import { ENDS } from '#src/contract/ends.ts'
import type { Job } from './manifest.ts'
import { ownedBy, ownedLabels } from './meta.ts'
import { pushJobName } from './names.ts'
import { pushPlacement } from './placement.ts'
import { joinParts, POD_SECURITY, partsOf, pullSecrets } from './pod-parts.ts'
import { tmpVolume } from './room.ts'
import { tuningRevision } from './run.ts'
import type { PushInputs } from './tuning-inputs.ts'
import { pushParts } from './tuning-push.ts'
import { resultsOf } from './work-volume.ts'

/** Each pod has the step's own patience (settings.pushPatienceSeconds, an hour); with these, a day. */
const MORE_PODS = 23

/**
 * The Job that pushes an adapter from the volume of its run: without a GPU, after the nodes of the training went back, and for
 * as long as it takes. It can be made again for every try; nothing in it trains.
 */
export function pushJob(inputs: PushInputs): Job {
  const { workspace, settings } = inputs
  const labels = ownedLabels(workspace, 'tuning')
  const push = pushParts(inputs)
  const parts = joinParts(partsOf({ volumes: [resultsOf(workspace, inputs.volume), tmpVolume()] }), push.parts)
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: pushJobName(workspace),
      namespace: workspace.metadata.namespace ?? 'default',
      labels,
      annotations: { [ANNOTATION.revision]: tuningRevision(workspace) },
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      backoffLimit: MORE_PODS,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'FailJob', onExitCodes: { operator: 'In', values: FINAL } },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: POD_SECURITY,
          ...pushPlacement(settings),
          ...pullSecrets(...settings.imagePullSecrets),
          volumes: parts.volumes,
          containers: push.container === undefined ? [] : [push.container],
        },
      },
    },
  }
}

/** A name that no registry takes, and an adapter that is not whole: neither time nor another login mends them. */
const FINAL = [ENDS.ConfigInvalid.exitCode, ENDS.TrainingFailed.exitCode]
