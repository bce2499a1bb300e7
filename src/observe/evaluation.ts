import type { PodView } from '#src/api/objects.ts'
import type { EvaluationStatus } from '#src/api/status.ts'
import { type Evaluation, improvementOf, toEvaluation } from '#src/contract/evaluation.ts'
import { trainResult } from './training-data.ts'

/** The losses, from how the train step ended: its log, which has the answers as well, may be gone by then. */
export const evaluationInResult = (pods: readonly PodView[]): Evaluation | undefined =>
  toEvaluation(trainResult(pods)?.['evaluation'])

/** For the status, with a few words in front. */
export const evaluationStatus = (evaluation: Evaluation): EvaluationStatus => ({
  summary: inShort(evaluation),
  ...evaluation,
  samples: [...evaluation.samples],
})

/** `3.21 -> 1.10 (-65.7%)` */
function inShort(evaluation: Pick<Evaluation, 'baseLoss' | 'loss'>): string {
  const change = -improvementOf(evaluation)
  const percent = `${change > 0 ? '+' : ''}${(change === 0 ? 0 : change).toFixed(1)}%`
  return `${evaluation.baseLoss.toFixed(2)} -> ${evaluation.loss.toFixed(2)} (${percent})`
}

/** What an event says of it. */
export const evaluationInWords = ({ rows, summary }: Pick<EvaluationStatus, 'rows' | 'summary'>): string =>
  `loss on ${rows} rows that were not trained on, without the adapter and with it: ${summary}`
