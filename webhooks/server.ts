import { X509Certificate } from 'node:crypto'
import type { Server } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import Fastify, { type FastifyInstance } from 'fastify'
import { defined } from '#src/lib/defined.ts'
import { Bodies, type Received } from '#src/runtime/bodies.ts'
import { pause } from '#src/runtime/clock.ts'
import { type AnswerOptions, answer } from './answer.ts'
import { type Callers, strangeness } from './callers.ts'
import { Connections } from './connections.ts'
import { errored, failure } from './review.ts'

/** A PEM certificate (with its chain, where there is one) and its private key. */
export interface ServingCertificate {
  readonly certificate: string
  readonly key: string
}

export interface ServerOptions extends AnswerOptions {
  readonly host: string
  /** 0 chooses a free one. */
  readonly port: number
  readonly certificate: ServingCertificate
  /** Absent: everybody who can reach the port gets answers. */
  readonly callers?: Callers
  /** Wall time, which certificates are about. */
  readonly now: () => Date
  readonly timeouts: ServerTimeouts
}

/** All in ms. */
export interface ServerTimeouts {
  /** For a client to finish its TLS handshake, to send its headers, and to send a whole request. */
  readonly slowClient: number
  /** How long an idle connection is kept. The API server drops its own after 90 s; who closes first must not be us. */
  readonly keepAlive: number
  /** After SIGTERM: how long to go on serving everybody while endpoints learn that we are leaving. */
  readonly leaving: number
  /** After that: how long to wait for the last answers before connections are cut. */
  readonly lastAnswers: number
}

export const defaultTimeouts: ServerTimeouts = {
  slowClient: 10_000,
  keepAlive: 120_000,
  leaving: 10_000,
  lastAnswers: 10_000,
}

/**
 * The API server takes objects of up to 3 MiB (its MaxRequestBodyBytes), an UPDATE carries two of them, and the
 * envelope and JSON's escapes want some room: 7 MiB, as controller-runtime has it.
 */
export const BODY_LIMIT = 7 * 1024 * 1024

/**
 * Of a heap of 256 MiB, which is what a container of 512 MiB gets: a body is held as bytes, as text and parsed. One address may
 * have four of the largest under way; more than one of them is left for everybody else.
 */
const BODIES = { all: 40 * 1024 * 1024, ofOneAddress: 4 * BODY_LIMIT }

/**
 * One API server keeps 25 idle connections and has at most 200 writes in flight: five of them, all behind one address, and as
 * much to spare for others.
 */
const CONNECTIONS = { all: 2_250, ofOneAddress: 1_125 }

/** The webhooks' HTTPS server: HTTP/1.1, TLS 1.2 and up. Answers `/validate`, `/mutate`, `/healthz` and `/readyz`. */
export class WebhookServer {
  readonly #options: ServerOptions
  readonly #app: FastifyInstance<Server>
  readonly #connections = new Connections(CONNECTIONS)
  #serving: Served
  #expires: Date
  #hangUpUntil = 0
  #leaving: Promise<void> | undefined

  constructor(options: ServerOptions) {
    this.#options = options
    this.#serving = options
    this.#expires = new X509Certificate(options.certificate.certificate).validToDate
    this.#app = createApp(options)
    this.#connections.watch(this.#app.server)
    this.#route()
  }

  /** Starts to serve; resolves with the URL that it can be reached at. */
  listen(): Promise<string> {
    const { host, port } = this.#options
    return this.#app.listen({ host, port })
  }

  /** Serves another certificate from the next handshake on. Open connections go on with the old one. */
  use(certificate: ServingCertificate): void {
    this.#serve({ ...this.#serving, certificate })
    this.#expires = new X509Certificate(certificate.certificate).validToDate
  }

  /**
   * Asks callers for certificates of other authorities from the next handshake on. Whoever has a connection gets one more answer,
   * with the request to hang up, so that nobody is refused who has a new certificate or one of an authority that stays. After
   * the longest time that a connection may idle, none is left.
   */
  trust(authority: string): void {
    const { callers, clock, timeouts } = this.#options
    if (callers === undefined) throw new Error('callers are not asked for certificates')
    this.#serve({ ...this.#serving, callers: { ...callers, authority } })
    this.#hangUpUntil = clock.now() + timeouts.keepAlive
  }

  #serve(served: Served): void {
    this.#serving = served
    this.#app.server.setSecureContext(secureContext(served))
  }

  /**
   * Leaves without failing a request. The API server does not repeat a call whose connection breaks, and goes on using
   * connections to a pod that is being stopped. So: say "not ready", serve on, ask every caller to hang up after its
   * answer, and only when nobody should be sending any more stop listening and wait for the last answers.
   */
  drain(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    const { clock, timeouts } = this.#options
    await pause(clock, timeouts.leaving)
    const cancel = clock.after(timeouts.lastAnswers, () => this.#app.server.closeAllConnections())
    await this.#app.close()
    cancel()
  }

  #notReady(): string | undefined {
    if (this.#leaving !== undefined) return 'shutting down'
    if (this.#options.now() >= this.#expires) return 'the certificate has expired'
    return undefined
  }

  #route(): void {
    const app = this.#app
    app.addHook('onSend', (_request, reply, _payload, done) => {
      const { clock } = this.#options
      if (this.#leaving !== undefined || clock.now() < this.#hangUpUntil) reply.header('connection', 'close')
      done()
    })
    app.get('/healthz', async () => 'ok')
    app.get('/readyz', async (_request, reply) => {
      const why = this.#notReady()
      return why === undefined ? 'ok' : reply.code(503).send(why)
    })
    for (const webhook of ['validate', 'mutate'] as const) {
      app.post<{ Body: Received }>(`/${webhook}`, async ({ body, raw }, reply) => {
        reply.raw.once('close', this.#connections.answering(raw.socket))
        const { code, body: sent } = await answer(webhook, body.bytes, this.#options).finally(body.release)
        return reply.code(code).header('content-type', JSON_TYPE).send(JSON.stringify(sent))
      })
    }
  }
}

/** As fastify itself writes it for objects. */
const JSON_TYPE = 'application/json; charset=utf-8'

/** Everything about a request that is decided before its body is looked into. */
function createApp(options: ServerOptions): FastifyInstance<Server> {
  const { slowClient, keepAlive } = options.timeouts
  const app = Fastify({
    https: {
      ...secureContext(options),
      // Not refused in the handshake: an API server without its certificate could then only say "EOF" to whoever applies something.
      ...(options.callers === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
      handshakeTimeout: slowClient,
      // Counts from a request's first byte, so unlike in old versions of Node it may be shorter than keep-alive.
      headersTimeout: slowClient,
      connectionsCheckingInterval: Math.min(1_000, slowClient / 2),
    },
    requestTimeout: slowClient,
    connectionTimeout: 3 * slowClient,
    keepAliveTimeout: keepAlive,
    bodyLimit: BODY_LIMIT,
    // A draining server still answers: a 503 would be a failed admission.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    logger: false,
  })
  app.removeAllContentTypeParsers()
  const bodies = new Bodies(BODIES)
  app.addContentTypeParser('application/json', (request, stream, done) => {
    // Nobody would take it, and so nobody say that it is not needed any more.
    if (request.is404) done(null)
    else bodies.receive(stream, BODY_LIMIT, done)
  })
  // Hooks with a callback and not a promise: two of them are a tenth of an answer's time.
  app.addHook('onRequest', (request, reply, done) => {
    const why = options.callers && strangeness(request.raw.socket, options.callers.names)
    if (why !== undefined) {
      options.observer.refused(401, why)
      // Nothing is read of what a stranger sends, and nothing said: neither what is wrong nor which paths there are.
      return reply.code(401).header('connection', 'close').send()
    }
    if (request.method !== 'POST') return done()
    // fastify also lets variants of a content type through; the API server sends exactly this one.
    if (request.headers['content-type'] !== 'application/json') {
      const wrong = 'the content type must be application/json'
      options.observer.refused(415, wrong)
      return reply.code(415).send(failure(415, 'UnsupportedMediaType', wrong))
    }
    done()
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(failure(404, 'NotFound', 'no such path')))
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const code = error.statusCode ?? 500
    // What is still on its way is not read any more.
    if (code === 413 || code === 503) reply.header('connection', 'close')
    if (code === 503) {
      options.observer.refused(code, error.message)
      // With this header the API server asks again by itself, for as long as it gives the webhook.
      return reply
        .code(code)
        .header('retry-after', '1')
        .send(failure(code, 'ServiceUnavailable', error.message))
    }
    if (code < 500) {
      options.observer.refused(code, error.message)
      return reply.code(code).send(failure(code, code === 413 ? 'RequestEntityTooLarge' : 'BadRequest', error.message))
    }
    const id = options.newId()
    options.observer.failed({ id, error })
    return reply.code(500).send(errored(id, 'the webhook failed'))
  })
  return app
}

type Served = Pick<ServerOptions, 'certificate' | 'callers'>

const secureContext = ({ certificate, callers }: Served) =>
  ({
    cert: certificate.certificate,
    key: certificate.key,
    minVersion: 'TLSv1.2',
    ...defined({ ca: callers?.authority }),
  }) satisfies SecureContextOptions
