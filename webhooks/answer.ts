import { diff } from '#src/lib/json-patch.ts'
import type { Result } from '#src/lib/result.ts'
import type { Clock } from '#src/runtime/clock.ts'
import { unwatched, type Watch } from '#src/runtime/watchdog.ts'
import type { Admission, AdmissionRequest } from './admission.ts'
import type { AdmissionEntry, AdmissionObserver } from './observer.ts'
import { type AdmissionReview, allowed, denied, errored, failure, parseReview, patched, type Status } from './review.ts'

export type Webhook = 'validate' | 'mutate'

/** An HTTP status and the JSON that goes with it. */
export interface Answer {
  readonly code: number
  readonly body: AdmissionReview | Status
}

export interface AnswerOptions {
  readonly admission: Admission
  /** The time for one answer in ms; well below the configuration's timeoutSeconds, so that our message arrives. */
  readonly budgetMs: number
  readonly observer: AdmissionObserver
  readonly clock: Clock
  /** Hears of every piece of synchronous work on a review; absent = nobody watches that it returns. */
  readonly watch?: Watch
  /** A new id for a failure, by which a user's message and our log line are found to be the same. */
  readonly newId: () => string
}

/** Answers one POST body. Never rejects: a bug in the rules ends as an HTTP 500, and one in the defaults as no defaults. */
export async function answer(webhook: Webhook, body: Buffer, options: AnswerOptions): Promise<Answer> {
  const started = options.clock.now()
  const parsed = watchOf(options).during('a review that is being read', () => parseReview(body))
  if (!parsed.ok) return refused(parsed.reason, options)
  const { request } = parsed
  if (isOutOfScope(request)) return { code: 200, body: allowed(request) }
  if (request.object === undefined || request.object === null) return refused('the request has no object', options)
  const { entry, ...answered } =
    webhook === 'validate' ? await validate(request, options) : await mutate(request, options)
  options.observer.answered({ ...describe(webhook, request), ...entry, ms: options.clock.now() - started })
  return answered
}

type Answered = Answer & { readonly entry: Pick<AdmissionEntry, 'allowed' | 'origins' | 'warnings' | 'operations'> }

async function validate(request: AdmissionRequest, options: AnswerOptions): Promise<Answered> {
  const outcome = await within(options, request, () => options.admission.validate(request))
  if (!outcome.ok) {
    const id = report('validate', request, outcome.reason, options)
    const entry = { allowed: false, origins: [], warnings: 0, operations: 0 }
    return { code: 500, body: errored(id, 'the Workspace could not be checked'), entry }
  }
  const { errors, warnings } = outcome.value
  const entry = {
    allowed: errors.length === 0,
    origins: errors.map((error) => error.origin),
    warnings: warnings.length,
    operations: 0,
  }
  return { code: 200, body: entry.allowed ? allowed(request, warnings) : denied(request, errors, warnings), entry }
}

/**
 * Defaults fail open whatever the configuration's failurePolicy says: the validating webhook looks at the result anyway,
 * and tells the user what is missing.
 */
async function mutate(request: AdmissionRequest, options: AnswerOptions): Promise<Answered> {
  const patch = (object: unknown) => diff(request.object, object)
  const outcome = await within(options, request, () => {
    const filled = options.admission.default(request)
    return filled instanceof Promise ? filled.then(patch) : patch(filled)
  })
  if (outcome.ok) {
    const operations = outcome.value
    return {
      code: 200,
      body: patched(request, operations),
      entry: { allowed: true, origins: [], warnings: 0, operations: operations.length },
    }
  }
  const id = report('mutate', request, outcome.reason, options)
  const warning = `defaults could not be filled in: look for ${id} in the operator's log`
  return {
    code: 200,
    body: allowed(request, [warning]),
    entry: { allowed: true, origins: [], warnings: 1, operations: 0 },
  }
}

/**
 * What never needs a rule, also when a configuration sends it: an object that is being deleted must be able to lose
 * its finalizers however wrong it is, and neither status nor scale is a user's wish.
 */
function isOutOfScope({ operation, subResource, object }: AdmissionRequest): boolean {
  if (operation !== 'CREATE' && operation !== 'UPDATE') return true
  return (subResource ?? '') !== '' || isBeingDeleted(object)
}

function isBeingDeleted(object: unknown): boolean {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return false
  const { metadata } = object
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'deletionTimestamp' in metadata &&
    metadata.deletionTimestamp !== null
  )
}

type Settled<T> = Result<{ readonly value: T }, unknown>

/** Runs `work` within the budget. What is late is not listened to any more; a clock runs only for what must be waited for. */
async function within<T>(
  options: AnswerOptions,
  request: AdmissionRequest,
  work: () => T | Promise<T>,
): Promise<Settled<T>> {
  const { clock, budgetMs } = options
  try {
    const result = watchOf(options).during(nameOf(request), work)
    return { ok: true, value: result instanceof Promise ? await inTime(result, clock, budgetMs) : result }
  } catch (error) {
    return { ok: false, reason: error }
  }
}

function inTime<T>(result: Promise<T>, clock: Clock, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error(`no answer within ${ms} ms`)))
    result.finally(cancel).then(resolve, reject)
  })
}

const watchOf = ({ watch = unwatched }: AnswerOptions) => watch

/** Whose review it is, for whoever must say it in one word. */
export const nameOf = ({ namespace = '', name = '' }: AdmissionRequest): string => `${namespace}/${name}`

function refused(reason: string, { observer }: AnswerOptions): Answer {
  observer.refused(400, reason)
  return { code: 400, body: failure(400, 'BadRequest', reason) }
}

function report(webhook: Webhook, request: AdmissionRequest, error: unknown, options: AnswerOptions): string {
  const id = options.newId()
  options.observer.failed({ ...describe(webhook, request), id, error })
  return id
}

const describe = (webhook: Webhook, request: AdmissionRequest) => ({
  webhook,
  uid: request.uid,
  operation: request.operation,
  namespace: request.namespace ?? '',
  name: request.name ?? '',
  user: request.userInfo?.username ?? '',
  dryRun: request.dryRun ?? false,
})
