import type { FastifyReply, FastifyRequest } from 'fastify'

/** What a request failed with, in words of its own; `code` is for programs, where a status alone would not do. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly code?: string
}

/** An error in OpenAI's shape, which its client libraries show to people. */
export function openAiError({ status, message, code }: Refusal) {
  return { error: { message, type: OPENAI_TYPES[status] ?? typeOf(status), param: null, code: code ?? status } }
}

/** An error in Anthropic's shape, as clients of `/v1/messages` read it. */
const anthropicError = ({ status, message }: Refusal) => ({
  type: 'error',
  error: { type: ANTHROPIC_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'), message },
})

/** Answers in the shape that the clients of this route read. `/chat` and the probes say `detail`, as KAITO's do. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? ''
  reply.code(refusal.status)
  if (DETAILED.has(path)) return reply.send({ detail: refusal.message })
  return reply.send(/^\/v1\/messages(\/|$)/.test(path) ? anthropicError(refusal) : openAiError(refusal))
}

const DETAILED = new Set(['/chat', '/', '/health', '/healthz', '/ready'])

const typeOf = (status: number) => (status >= 500 ? 'InternalServerError' : 'BadRequestError')

const OPENAI_TYPES: Readonly<Record<number, string>> = {
  401: 'invalid_request_error',
  404: 'NotFoundError',
  429: 'requests',
  503: 'ServiceUnavailableError',
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}
