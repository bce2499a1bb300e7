import { loadConfig } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import type { ObjectOf } from '#src/kube/object-of.ts'
import type { Kind, Ref } from '#src/kube/resource.ts'
import { defined } from '#src/lib/defined.ts'
import type { PatchOperation } from '#src/lib/json-patch.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { deafToReviews } from '#test/support/deaf-observers.ts'
import { type AnswerOptions, answer, type Webhook } from '#webhooks/answer.ts'
import type { AdmissionResponse } from '#webhooks/review.ts'
import { applyPatch } from './apply-patch.ts'
import type { FuzzCase } from './cases.ts'

/** What became of one case. `problem` breaks a promise; `ms` is the CPU time of the slowest single answer. */
export interface Finding {
  readonly ms: number
  /** How many reviews were answered: both webhooks, and both again with the defaults filled in. */
  readonly reviews: number
  readonly outcome: 'admitted' | 'refused' | 'no review' | 'failed closed'
  readonly problem?: string
}

/** The whole way from bytes to bytes, but for HTTP and TLS, with the API server's part played by the case. */
export class FuzzSubject {
  #current: FuzzCase | undefined
  #count = 0
  #error: unknown
  readonly #options: AnswerOptions

  constructor() {
    const get = async <K extends Kind>({ kind }: Ref<K>) => this.#object(kind) as ObjectOf<K> | undefined
    const metadata = async ({ kind }: Ref) => this.#object(kind)?.metadata
    const client = new Proxy({ get, metadata } as KubeClient, {
      get: (target, name) => {
        if (name === 'get' || name === 'metadata') return target[name]
        throw new Error(`admission must not ${String(name)} anything`)
      },
    })
    this.#options = {
      admission: wireAdmission(loadConfig(undefined, {}), client),
      budgetMs: 2_000,
      observer: { ...deafToReviews, failed: ({ error }) => (this.#error = error) },
      clock: systemClock,
      newId: () => 'id',
    }
  }

  async try(given: FuzzCase): Promise<Finding> {
    this.#current = given
    // A namespace of its own, so that nothing is remembered from another case.
    const namespace = `n${this.#count++}`
    const body = Buffer.from(
      given.body.toString('latin1').replace('"namespace":"default"', `"namespace":"${namespace}"`),
      'latin1',
    )
    const slowest = { ms: 0, reviews: 0 }
    const validated = await this.#ask('validate', body, slowest)
    const mutated = await this.#ask('mutate', body, slowest)
    if (validated.code === 400) return { ...slowest, outcome: 'no review' }
    if (validated.code === 500) {
      // Only what the definition's schema never lets through may end like this.
      return {
        ...slowest,
        outcome: 'failed closed',
        ...(given.kind === 'shaped' ? { problem: said(this.#error) } : {}),
      }
    }
    const outcome = validated.response?.allowed === true ? 'admitted' : 'refused'
    const problem = await this.#afterDefaults(body, mutated, outcome === 'admitted', slowest, given.kind === 'shaped')
    return { ...slowest, outcome, ...defined({ problem }) }
  }

  async #afterDefaults(body: Buffer, mutated: Asked, isAdmitted: boolean, slowest: Slowest, isShaped: boolean) {
    if (mutated.code !== 200 || mutated.response?.allowed !== true) return 'defaulting did not allow'
    if (mutated.response.warnings !== undefined) return isShaped ? `defaulting failed: ${said(this.#error)}` : undefined
    if (mutated.response.patch === undefined) return undefined
    const review = JSON.parse(body.toString('utf8'))
    try {
      const operations: PatchOperation[] = JSON.parse(Buffer.from(mutated.response.patch, 'base64').toString('utf8'))
      review.request.object = applyPatch(review.request.object, operations)
    } catch (error) {
      return said(error)
    }
    const after = Buffer.from(JSON.stringify(review))
    const again = await this.#ask('mutate', after, slowest)
    if (again.response?.patch !== undefined) return 'defaulting is not idempotent'
    const verdict = await this.#ask('validate', after, slowest)
    // Changed bytes may claim an old object of another name, which no API server sends.
    if (isShaped && isAdmitted && verdict.response?.allowed !== true) {
      return `defaulting spoilt a good object: ${verdict.response?.status?.message ?? verdict.code}`
    }
    return undefined
  }

  async #ask(webhook: Webhook, body: Buffer, slowest: Slowest): Promise<Asked> {
    const before = threadMs()
    const { code, body: sent } = await answer(webhook, body, this.#options)
    const text = JSON.stringify(sent)
    slowest.ms = Math.max(slowest.ms, threadMs() - before)
    slowest.reviews++
    return { code, response: JSON.parse(text).response }
  }

  #object(kind: string) {
    const metadata = { name: 'a', namespace: 'b' }
    const yaml = this.#current?.yaml ?? ''
    if (kind === 'ConfigMap') {
      const data = { 'training_config.yaml': yaml, 'inference_config.yaml': yaml }
      return { apiVersion: 'v1', kind, metadata, data }
    }
    const secret = this.#current?.secret
    return secret === undefined ? undefined : { apiVersion: 'v1', kind, metadata, ...secret }
  }
}

interface Slowest {
  ms: number
  reviews: number
}

/**
 * CPU time of this thread: unlike wall time it does not count what other processes take. An answer that waits instead of
 * working is ended by its budget, as an HTTP 500.
 */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

interface Asked {
  readonly code: number
  readonly response?: AdmissionResponse
}

const said = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
