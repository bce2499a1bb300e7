import { ADAPTER_FOLDER, ADAPTER_RECORD, AUTH_FILE, MOUNT } from '#src/contract/mounts.ts'
import { pushMessage } from '#src/contract/push.ts'
import type { Container, Volume, VolumeMount } from './manifest.ts'
import { type PodParts, partsOf, stepContainer } from './pod-parts.ts'
import { tuningRevision } from './run.ts'
import type { PushInputs } from './tuning-inputs.ts'

/** The push container and what it needs, or no container at all when the adapter stays in a volume. */
export function pushParts(inputs: PushInputs): { readonly parts: PodParts; readonly container?: Container } {
  const { output } = inputs.tuning
  if (output.image === undefined) return { parts: partsOf({}) }
  const auth: VolumeMount = { name: 'push-auth', mountPath: MOUNT.pushAuth, readOnly: true }
  const container = stepContainer(pushMessage, {
    image: inputs.settings.images.operator,
    spec: {
      from: ADAPTER_FOLDER,
      run: tuningRevision(inputs.workspace),
      record: ADAPTER_RECORD,
      image: output.image,
      ...(output.imagePushSecret === undefined ? {} : { authFile: `${MOUNT.pushAuth}/${AUTH_FILE}` }),
      insecureRegistries: inputs.settings.insecureRegistries,
      tokenServices: inputs.settings.tokenServices,
      annotations: provenance(inputs),
      patienceSeconds: inputs.settings.pushPatienceSeconds,
    },
    mounts: [
      { name: 'results', mountPath: MOUNT.results, readOnly: true },
      ...(output.imagePushSecret === undefined ? [] : [auth]),
    ],
  })
  return { parts: partsOf({ volumes: pushVolumes(output.imagePushSecret, inputs.volume !== 'scratch') }), container }
}

/**
 * The push secret reaches the push container only: training code never sees it. A push of its own starts without one that is
 * gone meanwhile, and says so, where a pod that cannot mount it would say nothing.
 */
const pushVolumes = (secretName: string | undefined, optional: boolean): readonly Volume[] => {
  if (secretName === undefined) return []
  const items = [{ key: '.dockerconfigjson', path: AUTH_FILE }]
  return [{ name: 'push-auth', secret: { secretName, items, ...(optional ? { optional } : {}) } }]
}

/** Written on the adapter image: which model it belongs to and how it was made. The first key is upstream's. */
function provenance({ preset, method, workspace }: PushInputs): Record<string, string> {
  const base = 'image' in preset.weights ? preset.weights.image : preset.weights.hub
  const revision = 'image' in preset.weights ? undefined : preset.weights.revision
  return {
    'sh.kaito.model.name': preset.name,
    'sh.kaito.model.weights': base,
    ...(revision === undefined ? {} : { 'sh.kaito.model.revision': revision }),
    'sh.kaito.tuning.method': method,
    'sh.kaito.workspace': `${workspace.metadata.namespace ?? 'default'}/${workspace.metadata.name}`,
  }
}
