import fc from 'fast-check'
import { type FuzzCase, fuzzCase } from './cases.ts'
import { type Finding, FuzzSubject } from './subject.ts'

export interface CampaignOptions {
  /** The campaign ends when so many reviews are answered or so many seconds are over. */
  readonly reviews: number
  readonly seconds: number
  readonly seed: number
}

export interface CampaignResult {
  readonly cases: number
  readonly reviews: number
  readonly seconds: number
  readonly outcomes: Readonly<Record<Finding['outcome'], number>>
  /** CPU time in ms of the slowest single answer that was slow again when the same case was repeated, after the first 500 cases. */
  readonly worstMs: number
  /** Promises broken, each with the review that broke it; the campaign ends at the tenth. */
  readonly problems: readonly string[]
}

/** No answer may take longer. */
export const SLOW_MS = 50

/** Tries case after case. The same seed tries the same cases. */
export async function runCampaign(
  options: CampaignOptions,
  onBatch?: (reviews: number) => void,
): Promise<CampaignResult> {
  const subject = new FuzzSubject()
  const outcomes = { admitted: 0, refused: 0, 'no review': 0, 'failed closed': 0 }
  const problems: string[] = []
  const started = performance.now()
  const secondsPassed = () => (performance.now() - started) / 1000
  let cases = 0
  let reviews = 0
  let worstMs = 0
  const isOver = () => reviews >= options.reviews || secondsPassed() > options.seconds || problems.length >= 10
  for (let batch = 0; !isOver(); batch++) {
    for (const given of fc.sample(fuzzCase, { numRuns: 500, seed: options.seed + batch })) {
      const finding = await subject.try(given)
      cases++
      reviews += finding.reviews
      outcomes[finding.outcome]++
      // The first batch is that of the compiler.
      const ms = batch > 0 && finding.ms > worstMs ? await confirmed(subject, given, finding.ms) : 0
      worstMs = Math.max(worstMs, ms)
      if (ms > SLOW_MS) problems.push(described(given, `it takes ${ms.toFixed(0)} ms`))
      if (finding.problem !== undefined) problems.push(described(given, finding.problem))
      if (isOver()) break
    }
    onBatch?.(reviews)
  }
  return { cases, reviews, seconds: secondsPassed(), outcomes, worstMs, problems }
}

/** Garbage that others have left is not the case's fault: the best of four counts. */
async function confirmed(subject: FuzzSubject, given: FuzzCase, first: number): Promise<number> {
  let best = first
  for (let repeat = 0; repeat < 3; repeat++) best = Math.min(best, (await subject.try(given)).ms)
  return best
}

const described = ({ kind, body, yaml, secret }: FuzzCase, problem: string) =>
  `${problem}\n  ${kind}: ${body.toString('utf8').slice(0, 2000)}\n  yaml: ${JSON.stringify(yaml).slice(0, 500)}\n  secret: ${JSON.stringify(secret)}`
