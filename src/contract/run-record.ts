import { isJsonObject, parseJson } from '#src/lib/json.ts'
import { type Evaluation, improvementOf, type Sample, toEvaluation } from './evaluation.ts'

/** Beside the files of an adapter: what its run was made from and how it went, and its losses over steps, one JSON object a line. */
export const RUN_FILE = 'kaito-run.json'
export const METRICS_FILE = 'metrics.jsonl'
/** Lines of the latter; of longer runs every so-manyth is kept. */
export const METRICS_LINES = 5000

/** Characters of the value of an annotation. */
const LONGEST_VALUE = 1024

/** What an adapter image says of the run that made it, from the record and the adapter's own config. Neither need be whole. */
export function runAnnotations(
  record: string | undefined,
  config: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const root = parseJson(record ?? '')
  const run = isJsonObject(root) ? root : {}
  const modules = config['target_modules']
  const found: readonly (readonly [string, unknown])[] = [
    ['sh.kaito.model.commit', run['commit']],
    ['sh.kaito.tuning.rank', config['r']],
    ['sh.kaito.tuning.alpha', config['lora_alpha']],
    [
      'sh.kaito.tuning.target-modules',
      Array.isArray(modules) ? modules.filter((each) => typeof each === 'string').join(',') : modules,
    ],
    ['sh.kaito.tuning.dataset-digest', run['dataset']],
    ['sh.kaito.tuning.rows', run['rows']],
    ['sh.kaito.tuning.steps', run['steps']],
    ['sh.kaito.tuning.loss', run['loss']],
    ['sh.kaito.tuning.trainer', run['trainer']],
    ...ofEvaluation(toEvaluation(run['evaluation'])),
  ]
  return Object.fromEntries(
    found.flatMap(([key, value]) => {
      const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
      return typeof text === 'string' && text !== '' ? [[key, text.slice(0, LONGEST_VALUE)]] : []
    }),
  )
}

const ofEvaluation = (evaluation: Evaluation | undefined): readonly (readonly [string, unknown])[] =>
  evaluation === undefined
    ? []
    : [
        ['sh.kaito.evaluation.rows', evaluation.rows],
        ['sh.kaito.evaluation.base-loss', evaluation.baseLoss],
        ['sh.kaito.evaluation.loss', evaluation.loss],
        ['sh.kaito.evaluation.improvement', `${improvementOf(evaluation).toFixed(1)}%`],
        ...evaluation.samples.map(
          (sample, index) => [`sh.kaito.evaluation.sample-${index + 1}`, sampleText(sample)] as const,
        ),
      ]

/** Shorter than in a status, so that it stays JSON within the limit. */
const sampleText = (sample: Sample): string | undefined => {
  const cut = Object.entries(sample).map(([key, text]) => [key, text.length > 100 ? `${text.slice(0, 99)}…` : text])
  const text = JSON.stringify(Object.fromEntries(cut))
  return text.length > LONGEST_VALUE ? undefined : text
}
