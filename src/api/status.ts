import {
  int,
  int32,
  keyedList,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from './schema-kit.ts'

export const conditionSchema = object({
  type: text({ maxLength: 316 }),
  status: oneOf(['True', 'False', 'Unknown']),
  observedGeneration: optional(int()),
  lastTransitionTime: text(),
  reason: text({ maxLength: 1024 }),
  message: text({ maxLength: 32_768 }),
})

const tuningStatusSchema = object(
  {
    jobName: optional(text({ description: 'The Kubernetes Job of this run.' })),
    progress: optional(text({ description: 'For people: 60% (12/20).' })),
    step: optional(int()),
    maxSteps: optional(int()),
    epoch: optional(number()),
    loss: optional(number()),
    learningRate: optional(number()),
    etaSeconds: optional(int()),
    lastUpdate: optional(text()),
    lossHistory: optional(
      listOf(object({ step: int(), loss: number() }), {
        maxItems: 50,
        description: 'Loss over steps, thinned to 50 points.',
      }),
    ),
    image: optional(text({ description: 'The pushed adapter, by digest.' })),
    startedAt: optional(text()),
    finishedAt: optional(text()),
  },
  { description: 'What is known of the tuning run.' },
)

const adapterStatusSchema = object({
  name: text(),
  image: optional(text({ description: 'The adapter image by digest, as mounted.' })),
  strength: optional(text()),
  mount: optional(text({ description: 'imageVolume, initContainer or volume.' })),
  phase: optional(text({ description: 'Pending, Loaded or Failed.' })),
  message: optional(text()),
})

export const statusSchema = object({
  observedGeneration: optional(int()),
  state: optional(text({ description: 'Pending, Running, Ready, NotReady, Succeeded or Failed.' })),
  workerNodes: optional(listOf(text())),
  targetNodeCount: optional(int32()),
  conditions: optional(keyedList('type', conditionSchema)),
  tuning: optional(tuningStatusSchema),
  adapters: optional(keyedList('name', adapterStatusSchema)),
  performance: optional(
    object({
      metrics: optional(
        mapOf(object({ description: text(), value: text(), unit: optional(text()), config: optional(mapOf(text())) })),
      ),
    }),
  ),
})

export type Condition = Static<typeof conditionSchema>
export type WorkspaceStatus = Static<typeof statusSchema>
export type TuningStatus = Static<typeof tuningStatusSchema>
export type AdapterStatus = Static<typeof adapterStatusSchema>
