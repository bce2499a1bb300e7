import type { AdapterSpec } from '#src/api/inference.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { AdapterStatus } from '#src/api/status.ts'
import { inferenceName } from '#src/desired/names.ts'
import { headlessService, inferenceService } from '#src/desired/service.ts'
import type { Verdict } from '#src/observe/conditions.ts'
import { podTrouble } from '#src/observe/pod-trouble.ts'
import type { StepResult } from '../context.ts'
import { NOTHING } from '../plan.ts'
import { asStarted, isToStay, noted, startedWith, startsWith } from '../started.ts'
import type { World } from '../world.ts'

/** Owns InferenceReady: the Services and the replicas, and what the replicas' gateways say of engine and adapters. */
export function inferenceStep(world: World, build: BuildServer): StepResult {
  const { workspace, obstacle } = world
  const started = startedWith(world)
  const own = asStarted(world, started)
  const { set, imageVolumes } = build(own)
  const services = [headlessService(workspace), inferenceService(workspace)]
  const sets = set === undefined || isToStay(world, started, set) ? [] : [noted(set, startsWith(own))]
  const apply = obstacle === undefined ? [...services, ...sets] : []
  const verdict: Verdict =
    obstacle === undefined ? inferenceReady(world) : { type: 'InferenceReady', status: 'False', ...obstacle }
  const ready = verdict.status === 'True'
  const adapters = (workspace.inference?.adapters ?? []).map((adapter) =>
    adapterStatus(own, adapter, ready, imageVolumes),
  )
  const serving = started ?? (ready ? startsWith(own) : undefined)
  return {
    plan: { ...NOTHING, apply, ...(ready ? {} : { again: 15_000 }) },
    verdicts: [verdict],
    go: ready,
    adapters,
    ...(serving === undefined ? {} : { serving }),
  }
}

/** The replicas for a world; none where it is not clear what they should be, and those that there are stay. */
export type BuildServer = (world: World) => { readonly set?: K8sObject; readonly imageVolumes: boolean }

function inferenceReady(world: World): Verdict {
  const wanted = world.workspace.resource?.count ?? 1
  const set = world.statefulSet
  const ready = set?.status?.readyReplicas ?? 0
  const current =
    set !== undefined &&
    (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) &&
    (set.status?.updatedReplicas ?? 0) >= wanted
  if (ready >= wanted && current) {
    const message = `${ready} of ${wanted} replicas answer at http://${inferenceName(world.workspace)}`
    return { type: 'InferenceReady', status: 'True', reason: 'ServerReady', message }
  }
  const trouble = world.pods
    .filter((pod) => pod.metadata.labels?.['kaito.sh/component'] === 'inference')
    .map(podTrouble)
    .find((found) => found !== undefined)
  if (trouble) return { type: 'InferenceReady', status: 'False', reason: trouble.reason, message: trouble.message }
  const message =
    ready >= wanted
      ? 'replicas are being replaced by newer ones'
      : `${ready} of ${wanted} replicas answer; the server is loading the model`
  return { type: 'InferenceReady', status: 'False', reason: 'ServerStarting', message }
}

function adapterStatus(world: World, spec: AdapterSpec, ready: boolean, imageVolumes: boolean): AdapterStatus {
  const image = spec.source?.image
  const mount = image === undefined ? 'volume' : imageVolumes ? 'imageVolume' : 'initContainer'
  return {
    name: spec.source?.name ?? '',
    ...(image === undefined ? {} : { image: world.pushed.get(image) ?? image }),
    strength: spec.strength ?? '1.0',
    mount,
    // A replica is ready only when its gateway saw every adapter in the engine's own list.
    phase: ready ? 'Loaded' : 'Pending',
  }
}
