import type { AdapterSpec } from '#src/api/inference.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { AdapterStatus, ServingStatus } from '#src/api/status.ts'
import { inferenceName } from '#src/desired/names.ts'
import { headlessService, inferenceService } from '#src/desired/service.ts'
import { defined } from '#src/lib/defined.ts'
import type { Finding } from '#src/observe/conditions.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { podTrouble } from '#src/observe/pod-trouble.ts'
import { builtFor } from '../built.ts'
import type { StepResult } from '../context.ts'
import { NOTHING, SELDOM } from '../plan.ts'
import { asStarted, isOfEarlierWish, isToStay, noted, startedWith, startsWith } from '../started.ts'
import type { World } from '../world.ts'

/**
 * Owns InferenceReady: the Services and the replicas, and what the replicas' gateways say of engine and adapters. Replicas
 * are built only where they may have to be written; without `mayChange` what there is is only reported on.
 */
export function inferenceStep(world: World, server: Server, mayChange = true): StepResult {
  const { workspace, obstacle } = world
  const started = startedWith(world)
  const own = asStarted(world, started)
  const isOutdated = isOfEarlierWish(world)
  const apply =
    mayChange && obstacle === undefined
      ? [headlessService(workspace), inferenceService(workspace), ...replicas(own, started, server)]
      : []
  const verdict = inferenceReady(world, isOutdated && apply.length > 0)
  const ready = verdict.status === 'True'
  const adapters = (workspace.inference?.adapters ?? []).map((adapter) =>
    adapterStatus(own, adapter, ready, server.imageVolumes),
  )
  const serving = started ?? (ready && !isOutdated ? startsWith(own) : undefined)
  return {
    plan: mayChange ? { ...NOTHING, apply, ...(ready ? {} : { again: lookAgain(world) }) } : NOTHING,
    verdicts: [verdict],
    go: ready,
    adapters,
    ...defined({ serving }),
  }
}

/** Its replicas bring a server back that starts. Nobody watches the object of another that has its name. */
const lookAgain = ({ obstacle }: World) => (obstacle === undefined ? SELDOM : 15_000)

/** How a server is made. */
export interface Server {
  readonly imageVolumes: boolean
  /** The replicas for a world. Absent where it is not clear what they should be: those that there are stay. */
  readonly build?: (world: World) => K8sObject
  /** All that goes into them beside the Workspace and what it started with. */
  readonly from?: readonly unknown[]
}

/** The StatefulSet, where it is to be written. */
function replicas(own: World, started: ServingStatus | undefined, { build, from = [] }: Server): K8sObject[] {
  if (build === undefined) return []
  const start = startsWith(own)
  const built = builtFor(own.workspace, [...from, JSON.stringify(start)], () => build(own))
  return isToStay(own, started, built) ? [] : [noted(built, start)]
}

function inferenceReady(world: World, isReplaced: boolean): Finding {
  const { workspace, statefulSet: set, obstacle } = world
  if (obstacle?.reason === 'NameTaken' || (obstacle !== undefined && set === undefined)) {
    return { type: 'InferenceReady', status: 'False', reason: obstacle.reason, message: obstacle.message }
  }
  const wanted = workspace.resource?.count ?? 1
  const ready = set?.status?.readyReplicas ?? 0
  const current =
    !isReplaced &&
    set !== undefined &&
    (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) &&
    (set.status?.updatedReplicas ?? 0) >= wanted
  if (ready >= wanted && current) {
    const late = obstacle === undefined ? '' : '; what was changed since could not be applied (see Applied)'
    const message = `${ready} of ${wanted} replicas answer at http://${inferenceName(workspace)}${late}`
    return { type: 'InferenceReady', status: 'True', reason: 'ServerReady', message }
  }
  const trouble = podsOf(set, world.pods)
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
