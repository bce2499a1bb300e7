import { LIMIT } from './limits.ts'
import {
  bool,
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

/** A short text. */
const word = (description: string) => text({ maxLength: LIMIT.word, description })
const time = (description: string) => word(`${description}, RFC 3339 in UTC.`)

export const conditionSchema = object({
  type: text({ maxLength: 316, description: 'What it is about: one of docs/conditions.md.' }),
  status: oneOf(['True', 'False', 'Unknown'], { description: 'Is it so?' }),
  observedGeneration: optional(int({ description: 'The generation of the Workspace that it was said of.' })),
  lastTransitionTime: time('Since when the status is what it is'),
  reason: text({ maxLength: 1024, description: 'Why, in one word of docs/conditions.md.' }),
  message: text({ maxLength: LIMIT.message, description: 'Why, in a sentence for people, and what to do about it.' }),
})

const SAMPLES = 3

/** Entries of a list in status.tuning.data; the train step sends fewer. */
const DATA_ENTRIES = 12
const DATA_SUMMARY = 2048

const tuningDataSchema = object(
  {
    summary: text({
      maxLength: DATA_SUMMARY,
      description: 'For people: how many rows are trained on, and what is not.',
    }),
    rows: int({ description: 'Rows in the data files.' }),
    kept: int({ description: 'Rows that are trained on or evaluated.' }),
    cut: int({ description: 'Rows of those kept that are longer than max_length.' }),
    evaluated: int({ description: 'Rows of those kept that are held back for evaluation.' }),
    lossOn: word('answers, or all tokens.'),
    dropped: listOf(object({ reason: word('Why they are left out.'), rows: int({ description: 'How many.' }) }), {
      maxItems: DATA_ENTRIES,
      description: 'Rows that are left out, by reason.',
    }),
    sources: listOf(
      object({
        name: word('The file.'),
        rows: int({ description: 'Rows in it.' }),
        kept: int({ description: 'Rows of it that are trained on or evaluated.' }),
      }),
      { maxItems: DATA_ENTRIES, description: 'The same by file.' },
    ),
    unused: listOf(text({ maxLength: LIMIT.word }), {
      maxItems: DATA_ENTRIES,
      description: 'Columns and keys that are not trained on.',
    }),
    tokens: optional(
      object(
        {
          rows: int({ description: 'Rows that were measured; of a large dataset not all are.' }),
          median: int({ description: 'Half of the rows have no more.' }),
          p95: int({ description: 'Of 100 rows 95 have no more.' }),
          most: int({ description: 'Of the longest row.' }),
        },
        { description: "Tokens of a row, as the model's own chat template and tokenizer make them." },
      ),
    ),
    steps: optional(int({ description: 'Steps of the whole run, as the check before it estimates them.' })),
    weights: optional(int({ description: 'Weights that are trained, as the check before the run counts them.' })),
  },
  { description: 'What became of the rows of the dataset.' },
)

const evaluationSchema = object(
  {
    summary: word('For people: 3.21 -> 1.10 (-65.7%).'),
    rows: int({ description: 'Rows that were asked, none of which was trained on.' }),
    baseLoss: number({ description: 'Loss of a token without the adapter.' }),
    loss: number({ description: 'The same with it.' }),
    samples: listOf(
      object({
        prompt: word('What was asked.'),
        wanted: word('What the row has as its answer.'),
        base: word('What the base model answers.'),
        adapter: word('What it answers with the adapter.'),
      }),
      { maxItems: SAMPLES, description: 'A few answers to rows that were not trained on, each cut.' },
    ),
  },
  { description: 'How base model and adapter do on rows that were kept back.' },
)

const tuningStatusSchema = object(
  {
    jobName: optional(text({ maxLength: LIMIT.name, description: 'The Kubernetes Job of this run.' })),
    progress: optional(word('For people: 60% (12/20).')),
    step: optional(int({ description: 'Steps of the optimizer that are done.' })),
    maxSteps: optional(int({ description: 'Steps of the whole run.' })),
    epoch: optional(number({ description: 'How often all rows were seen.' })),
    loss: optional(number({ description: 'Loss of a token, the mean since the report before.' })),
    learningRate: optional(number({ description: 'Learning rate of the last step.' })),
    etaSeconds: optional(int({ description: 'Seconds until the training ends, at the pace so far.' })),
    lastUpdate: optional(time('When a step was last seen')),
    lossHistory: optional(
      listOf(object({ step: int({ description: 'Step.' }), loss: number({ description: 'Loss at it.' }) }), {
        maxItems: 50,
        description: 'Loss over steps, thinned to 50 points.',
      }),
    ),
    evaluation: optional(evaluationSchema),
    note: optional(text({ maxLength: LIMIT.message, description: 'What the run had to do otherwise than asked.' })),
    data: optional(tuningDataSchema),
    image: optional(text({ maxLength: LIMIT.image, description: 'The pushed adapter, by digest.' })),
    pod: optional(text({ maxLength: LIMIT.name, description: 'The pod that all of this is about.' })),
    gpus: optional(int({ description: 'GPUs that it trains on.' })),
    startedAt: optional(time('When its first pod began')),
    finishedAt: optional(time('When its end was seen')),
  },
  { description: 'What is known of the tuning run.' },
)

const precheckStatusSchema = object(
  {
    jobName: text({
      maxLength: LIMIT.name,
      description: 'The Job that checked. Of another name, something else is asked for now.',
    }),
    run: text({ maxLength: LIMIT.name, description: 'The Job of the run that was checked.' }),
    passed: bool({ description: 'May a GPU be asked for?' }),
    reason: word('Why, in one word of docs/conditions.md.'),
    message: text({ maxLength: LIMIT.message, description: 'What was found, in a sentence, and what to do about it.' }),
    checkedAt: time('When that was seen'),
    data: optional(tuningDataSchema),
  },
  { description: 'What the check before a tuning run found.' },
)

/** Runs that are remembered. */
export const RUNS = 5

const runSchema = object(
  {
    job: text({ maxLength: LIMIT.name, description: 'Its Kubernetes Job, which may be gone.' }),
    revision: word('Which wish it was for: a hash of what the run was made from.'),
    try: int({ description: 'Which try of it, from 1.' }),
    reason: word('How it ended: one of docs/conditions.md.'),
    message: optional(text({ maxLength: 1024, description: 'The same in a sentence, where it failed.' })),
    image: optional(text({ maxLength: LIMIT.image, description: 'The adapter that it pushed, by digest.' })),
    steps: optional(int({ description: 'Steps that it did.' })),
    loss: optional(number({ description: 'Its last loss.' })),
    evaluation: optional(word('Loss without the adapter and with it, on rows that were not trained on.')),
    gpus: optional(int({ description: 'GPUs that it held.' })),
    gpuHours: optional(number({ description: 'Hours that it held them, times GPUs.' })),
    usd: optional(
      number({ description: 'List price of the instance type for these hours, US dollars; not what is billed.' }),
    ),
    startedAt: optional(time('When its first pod began')),
    finishedAt: time('When its end was seen'),
  },
  { description: 'A tuning run that has ended.' },
)

const adapterStatusSchema = object({
  name: text({ maxLength: LIMIT.name, description: 'The name that it is served under.' }),
  image: optional(text({ maxLength: LIMIT.image, description: 'The adapter image by digest, as mounted.' })),
  strength: optional(word('How strongly it changes the base model.')),
  mount: optional(word('imageVolume, initContainer or volume.')),
  phase: optional(word('Pending, Loaded or Failed.')),
  message: optional(text({ maxLength: LIMIT.message, description: 'Why it is not loaded.' })),
})

const servingStatusSchema = object(
  {
    revision: word('Which wish it was made for.'),
    operatorImage: text({ maxLength: LIMIT.image, description: 'Runs the gateway and the steps before the server.' }),
    serverImage: text({ maxLength: LIMIT.image, description: 'Runs the server.' }),
    adapters: optional(
      keyedList(
        'name',
        object({
          name: text({ maxLength: LIMIT.name, description: 'The name that it is served under.' }),
          image: text({ maxLength: LIMIT.image, description: 'Its image, by digest where that is known.' }),
        }),
        { maxItems: LIMIT.adapters, description: 'The adapters that it has started with.' },
      ),
    ),
  },
  { description: 'With what the server has started. It stays so until the Workspace itself is changed.' },
)

const metricSchema = object({
  description: word('What was measured.'),
  value: word('The number.'),
  unit: optional(word('Its unit.')),
  config: optional(
    mapOf(text({ maxLength: LIMIT.word }), { maxProperties: LIMIT.metrics, description: 'How it was measured.' }),
  ),
})

export const statusSchema = object(
  {
    observedGeneration: optional(int({ description: 'The generation of the Workspace that this is about.' })),
    state: optional(word(`One of ${STATES.join(', ')}.`)),
    workerNodes: optional(
      listOf(text({ maxLength: LIMIT.name }), { maxItems: LIMIT.nodes, description: 'The nodes that are used.' }),
    ),
    targetNodeCount: optional(int32({ description: 'How many nodes are wanted.' })),
    conditions: optional(
      keyedList('type', conditionSchema, {
        maxItems: LIMIT.conditions,
        description: 'What is so and what is not yet.',
      }),
    ),
    precheck: optional(precheckStatusSchema),
    tuning: optional(tuningStatusSchema),
    runs: optional(
      listOf(runSchema, {
        maxItems: RUNS,
        description: `The last ${RUNS} tuning runs that have ended, newest first; kept whatever is asked for afterwards.`,
      }),
    ),
    serving: optional(servingStatusSchema),
    adapters: optional(
      keyedList('name', adapterStatusSchema, { maxItems: LIMIT.adapters, description: 'How each adapter is.' }),
    ),
    performance: optional(
      object(
        {
          metrics: optional(
            mapOf(metricSchema, { maxProperties: LIMIT.metrics, description: 'By the name of what was measured.' }),
          ),
        },
        { description: 'What was measured of the server.' },
      ),
    ),
  },
  { description: 'What is going on. Written by the operator.' },
)

export type Condition = Static<typeof conditionSchema>
export type WorkspaceStatus = Static<typeof statusSchema>
export type TuningData = Static<typeof tuningDataSchema>
export type EvaluationStatus = Static<typeof evaluationSchema>
export type RunStatus = Static<typeof runSchema>
export type TuningStatus = Static<typeof tuningStatusSchema>
export type PrecheckStatus = Static<typeof precheckStatusSchema>
export type ServingStatus = Static<typeof servingStatusSchema>
export type AdapterStatus = Static<typeof adapterStatusSchema>
