import { adapterRules } from './adapters.ts'
import { annotationRules } from './annotations.ts'
import { configRules } from './config.ts'
import { datasetRules } from './dataset.ts'
import { imageRules } from './image.ts'
import { immutableRules } from './immutable.ts'
import { inferenceRules } from './inference.ts'
import { instanceRules } from './instance.ts'
import { loraRules } from './lora.ts'
import { memoryRules } from './memory.ts'
import { namespaceNodeRules } from './namespace-nodes.ts'
import { nodeLabelRules } from './node-labels.ts'
import { outputRules } from './output.ts'
import { parallelRules } from './parallel.ts'
import { presetRules } from './preset.ts'
import { rerunRules } from './rerun.ts'
import { resourceRules } from './resource.ts'
import type { Rule } from './rule.ts'
import { secretRules } from './secrets.ts'
import { templateRules } from './template.ts'
import { tuningRules } from './tuning.ts'
import { volumeRules } from './volume.ts'
import { workspaceRules } from './workspace.ts'

/** Everything that must hold of a Workspace, in the order a person reads one. Complaints come in this order, too. */
export const WORKSPACE_RULES: readonly Rule[] = [
  // What it is: one purpose, a name that leaves room for derived names.
  ...workspaceRules,
  ...annotationRules,
  // Where it runs: which nodes, which instance type.
  ...resourceRules,
  ...namespaceNodeRules,
  ...nodeLabelRules,
  ...instanceRules,
  // Which model: in the catalog, not withdrawn, reachable.
  ...presetRules,
  // Serving: one model or a pod of one's own within its rights, its adapters.
  ...inferenceRules,
  ...templateRules,
  ...adapterRules,
  // Tuning: how, from which data, to where.
  ...tuningRules,
  ...datasetRules,
  ...outputRules,
  // What may appear in several places: images, volumes, Secrets, ConfigMaps.
  ...imageRules,
  ...volumeRules,
  ...secretRules,
  ...configRules,
  ...loraRules,
  // Whether it fits: how the model is split over the GPUs, what they can compute, GPU memory for this model, method, length and number of adapters.
  ...parallelRules,
  ...memoryRules,
  // Changes of an existing Workspace: what stays, what starts another run.
  ...immutableRules,
  ...rerunRules,
]
