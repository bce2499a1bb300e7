import { FINALIZER } from '#src/api/labels.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { nodeLabels } from '#src/api/selector.ts'
import { inferenceSet } from '#src/desired/inference-set.ts'
import { tuningRevision } from '#src/desired/names.ts'
import { templateSet } from '#src/desired/template-set.ts'
import type { TuningInputs } from '#src/desired/tuning-inputs.ts'
import { tuningJob } from '#src/desired/tuning-job.ts'
import { defined } from '#src/lib/defined.ts'
import { labelledNodes, leastMemory, mountImages } from '#src/observe/nodes.ts'
import type { Trouble } from '#src/observe/pod-trouble.ts'
import { awaitedBy } from './awaited.ts'
import type { StepResult } from './context.ts'
import { type Intent, intentOf } from './intent.ts'
import { join, NOTHING, type Plan } from './plan.ts'
import { servingNeeds } from './serving-needs.ts'
import { startedWith } from './started.ts'
import { eventsOf, statusOf } from './status.ts'
import { deletionPlan } from './steps/deletion.ts'
import { inferenceStep, type Server } from './steps/inference.ts'
import { nodesStep, releasedNodes } from './steps/nodes.ts'
import { precheckDone, precheckStep } from './steps/precheck.ts'
import { withoutSuperseded } from './steps/superseded.ts'
import { currentRun, isOver, tuningStep } from './steps/tuning.ts'
import { tuningGpus } from './tuning-needs.ts'
import { unsuitedGpus } from './unsuited.ts'
import type { World } from './world.ts'

/** The reconciler, as a pure function: what to do next for one Workspace, given all that is known. */
export function planWorkspace(world: World): Plan {
  if (world.workspace.metadata.deletionTimestamp !== undefined) return deletionPlan(world)
  const steps = [
    ...(world.workspace.tuning === undefined ? [] : [withoutSuperseded(world)]),
    ...stepsFor(world, intentOf(world)),
  ]
  const status = statusOf(world, steps)
  const effects = steps.map((step) => step.plan).reduce(join, NOTHING)
  const held = world.workspace.metadata.finalizers?.includes(FINALIZER) === true
  return {
    ...effects,
    // Before the first effect outside: without it a deletion could leave paid nodes behind.
    ...(held ? {} : { finalizer: 'add' as const }),
    status,
    events: eventsOf(world, status),
  }
}

/** The Job of the run that the Workspace asks for now: what a worker creates. Undefined when it asks for none. */
export function planTuningJob(world: World): { readonly job: K8sObject; readonly revision: string } | undefined {
  const intent = intentOf(world)
  const { workspace } = world
  if (intent.kind !== 'tuning' || workspace.metadata.deletionTimestamp !== undefined) return undefined
  // A task that is delivered late must not start a run again whose Job has been cleaned away.
  if (isOver(currentRun(world))) return undefined
  // Nor one that has not been checked, whoever has put the task there.
  const inputs = inputsOf(world, intent)
  if (currentRun(world) === undefined && !precheckStep(world, () => anywhere(world, inputs)).go) return undefined
  return { job: tuningJob(inputs), revision: tuningRevision(workspace) }
}

function inputsOf(world: World, { kind: _, ...intent }: Extract<Intent, { kind: 'tuning' }>): TuningInputs {
  const { workspace, settings } = world
  return {
    workspace,
    settings,
    imageVolumes: canMountImages(world),
    gpus: tuningGpus(world),
    ...defined({ nodeMemory: leastMemory(possibleNodes(world)) }),
    ...intent,
  }
}

/** For a pod that may come to any node of the cluster, before there is one for the run. */
const anywhere = (world: World, inputs: TuningInputs): TuningInputs => ({
  ...inputs,
  imageVolumes: mayMount(world, world.nodes),
})

function stepsFor(world: World, intent: Intent): StepResult[] {
  // A run that exists is followed to its end, even when its ConfigMap or Secret is cleaned up meanwhile or afterwards.
  const run = world.workspace.tuning === undefined ? undefined : currentRun(world)
  if (isOver(run)) return [...precheckDone(world), releasedNodes(world), tuningStep(world)]
  if (intent.kind === 'unclear') {
    if (run !== undefined) return [...precheckDone(world), seenNodes(world), tuningStep(world)]
    // A server that has started for what is asked for now stays, whatever became of its ConfigMap meanwhile.
    const isServing = world.statefulSet !== undefined && startedWith(world) !== undefined
    return isServing
      ? [seenNodes(world), inferenceStep(world, { imageVolumes: canMountImages(world) })]
      : [unclearStep(world, intent.trouble)]
  }
  if (intent.kind === 'tuning') {
    const unsuited = run === undefined ? unsuitedGpus(world, intent) : undefined
    if (unsuited !== undefined) return [unclearStep(world, { reason: 'GpuUnsuitable', message: unsuited })]
    const checked =
      run === undefined ? [precheckStep(world, () => anywhere(world, inputsOf(world, intent)))] : precheckDone(world)
    // Before it has passed nothing is bought; nodes that an earlier revision has bought stay meanwhile.
    if (checked.some(({ go }) => !go)) return checked
    const nodes = nodesStep(world, { gpus: tuningGpus(world) })
    return [...checked, ...(nodes.go || run !== undefined ? [nodes, tuningStep(world)] : [nodes])]
  }
  const { workspace } = world
  if (intent.kind === 'template') {
    const { template } = intent
    return serving(world, nodesStep(world, { gpus: 0 }), {
      imageVolumes: false,
      build: ({ settings }) => templateSet(workspace, template, settings),
      from: [world.settings],
    })
  }
  const needs = servingNeeds(world, intent.preset, intent.engine)
  if ('flag' in needs) {
    const message = `ConfigMap ${intent.inference.config ?? ''}: vllm.${needs.flag}: ${needs.detail}: ${needs.fix}`
    return [unclearStep(world, { reason: 'ConfigInvalid', message })]
  }
  const unsuited = world.statefulSet === undefined ? unsuitedGpus(world, intent) : undefined
  if (unsuited !== undefined) return [unclearStep(world, { reason: 'GpuUnsuitable', message: unsuited })]
  const { kind: _, ...inputs } = intent
  const imageVolumes = canMountImages(world)
  const room = defined({ nodeMemory: leastMemory(possibleNodes(world)) })
  return serving(world, nodesStep(world, { gpus: needs.gpus }), {
    imageVolumes,
    build: ({ settings, pushed }) =>
      inferenceSet({ workspace, settings, imageVolumes, pinned: pushed, ...inputs, ...needs, ...room }),
    from: [world.settings, world.catalog, imageVolumes, room.nodeMemory, JSON.stringify([intent.engine, needs])],
  })
}

/** Replicas that exist are still reported on while a node is away, but not changed: pods could not be placed anyway. */
function serving(world: World, nodes: StepResult, server: Server): StepResult[] {
  if (!nodes.go && world.statefulSet === undefined) return [nodes]
  return [nodes, inferenceStep(world, server, nodes.go)]
}

/** The nodes of a run under way, only looked at. */
const seenNodes = (world: World): StepResult => ({ ...nodesStep(world, { gpus: tuningGpus(world) }), plan: NOTHING })

const canMountImages = (world: World): boolean => mayMount(world, possibleNodes(world))

const mayMount = ({ settings }: World, nodes: World['nodes']): boolean =>
  settings.imageVolumes === 'auto' ? mountImages(nodes) : settings.imageVolumes === 'always'

/** Ready or not: what is made from them stays the same while one is away. */
const possibleNodes = ({ nodes, workspace: { resource } }: World) =>
  labelledNodes(nodes, nodeLabels(resource?.labelSelector), resource?.instanceType)

/**
 * Nothing is provisioned for a Workspace that cannot work: the reason stands where a GPU would have been asked for. What can
 * change that is the Workspace, or what it names.
 */
const unclearStep = (world: World, { reason, message }: Trouble): StepResult => ({
  plan: { ...NOTHING, awaits: awaitedBy(world) },
  verdicts: [{ type: 'ResourceReady', status: 'False', reason, message }],
  go: false,
})
