import { LIMIT } from './limits.ts'
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

/** What `status.state` may say. */
export const STATES = ['Pending', 'Running', 'Ready', 'NotReady', 'Succeeded', 'Failed'] as const

const word = text({ maxLength: LIMIT.word })

export const conditionSchema = object({
  type: text({ maxLength: 316 }),
  status: oneOf(['True', 'False', 'Unknown']),
  observedGeneration: optional(int()),
  lastTransitionTime: word,
  reason: text({ maxLength: 1024 }),
  message: text({ maxLength: LIMIT.message }),
})

const SAMPLES = 3
const sampleText = (description: string) => text({ maxLength: LIMIT.word, description })

/** Entries of a list in status.tuning.data; the train step sends fewer. */
const DATA_ENTRIES = 12
const DATA_SUMMARY = 2048

const tuningDataSchema = object(
  {
    summary: text({
      maxLength: DATA_SUMMARY,
      description: 'For people: how many rows are trained on, and what is not.',
    }),
    rows: int(),
    kept: int(),
    cut: int({ description: 'Rows of those kept that are longer than max_length.' }),
    evaluated: int({ description: 'Rows of those kept that are held back for evaluation.' }),
    lossOn: text({ maxLength: LIMIT.word, description: 'answers, or all tokens.' }),
    dropped: listOf(object({ reason: word, rows: int() }), { maxItems: DATA_ENTRIES }),
    sources: listOf(object({ name: word, rows: int(), kept: int() }), { maxItems: DATA_ENTRIES }),
    unused: listOf(word, { maxItems: DATA_ENTRIES, description: 'Columns and keys that are not trained on.' }),
  },
  { description: 'What became of the rows of the dataset.' },
)

const evaluationSchema = object(
  {
    summary: text({ maxLength: LIMIT.word, description: 'For people: 3.21 -> 1.10 (-65.7%).' }),
    rows: int({ description: 'Rows that were asked, none of which was trained on.' }),
    baseLoss: number({ description: 'Loss of a token without the adapter.' }),
    loss: number({ description: 'The same with it.' }),
    samples: listOf(
      object({
        prompt: sampleText('What was asked.'),
        wanted: sampleText('What the row has as its answer.'),
        base: sampleText('What the base model answers.'),
        adapter: sampleText('What it answers with the adapter.'),
      }),
      { maxItems: SAMPLES, description: 'A few answers to rows that were not trained on, each cut.' },
    ),
  },
  { description: 'How base model and adapter do on rows that were kept back.' },
)

const tuningStatusSchema = object(
  {
    jobName: optional(text({ maxLength: LIMIT.name, description: 'The Kubernetes Job of this run.' })),
    progress: optional(text({ maxLength: LIMIT.word, description: 'For people: 60% (12/20).' })),
    step: optional(int()),
    maxSteps: optional(int()),
    epoch: optional(number()),
    loss: optional(number()),
    learningRate: optional(number()),
    etaSeconds: optional(int()),
    lastUpdate: optional(word),
    lossHistory: optional(
      listOf(object({ step: int(), loss: number() }), {
        maxItems: 50,
        description: 'Loss over steps, thinned to 50 points.',
      }),
    ),
    evaluation: optional(evaluationSchema),
    note: optional(text({ maxLength: LIMIT.message, description: 'What the run had to do otherwise than asked.' })),
    data: optional(tuningDataSchema),
    image: optional(text({ maxLength: LIMIT.image, description: 'The pushed adapter, by digest.' })),
    startedAt: optional(word),
    finishedAt: optional(word),
  },
  { description: 'What is known of the tuning run.' },
)

const adapterStatusSchema = object({
  name: text({ maxLength: LIMIT.name }),
  image: optional(text({ maxLength: LIMIT.image, description: 'The adapter image by digest, as mounted.' })),
  strength: optional(word),
  mount: optional(text({ maxLength: LIMIT.word, description: 'imageVolume, initContainer or volume.' })),
  phase: optional(text({ maxLength: LIMIT.word, description: 'Pending, Loaded or Failed.' })),
  message: optional(text({ maxLength: LIMIT.message })),
})

const servingStatusSchema = object(
  {
    revision: word,
    operatorImage: text({ maxLength: LIMIT.image, description: 'Runs the gateway and the steps before the server.' }),
    serverImage: text({ maxLength: LIMIT.image }),
    adapters: optional(
      keyedList('name', object({ name: text({ maxLength: LIMIT.name }), image: text({ maxLength: LIMIT.image }) }), {
        maxItems: LIMIT.adapters,
      }),
    ),
  },
  { description: 'With what the server has started. It stays so until the Workspace itself is changed.' },
)

export const statusSchema = object({
  observedGeneration: optional(int()),
  state: optional(text({ maxLength: LIMIT.word, description: `One of ${STATES.join(', ')}.` })),
  workerNodes: optional(listOf(text({ maxLength: LIMIT.name }), { maxItems: LIMIT.nodes })),
  targetNodeCount: optional(int32()),
  conditions: optional(keyedList('type', conditionSchema, { maxItems: LIMIT.conditions })),
  tuning: optional(tuningStatusSchema),
  serving: optional(servingStatusSchema),
  adapters: optional(keyedList('name', adapterStatusSchema, { maxItems: LIMIT.adapters })),
  performance: optional(
    object({
      metrics: optional(
        mapOf(
          object({
            description: word,
            value: word,
            unit: optional(word),
            config: optional(mapOf(word, { maxProperties: LIMIT.metrics })),
          }),
          { maxProperties: LIMIT.metrics },
        ),
      ),
    }),
  ),
})

export type Condition = Static<typeof conditionSchema>
export type WorkspaceStatus = Static<typeof statusSchema>
export type TuningData = Static<typeof tuningDataSchema>
export type EvaluationStatus = Static<typeof evaluationSchema>
export type TuningStatus = Static<typeof tuningStatusSchema>
export type ServingStatus = Static<typeof servingStatusSchema>
export type AdapterStatus = Static<typeof adapterStatusSchema>
