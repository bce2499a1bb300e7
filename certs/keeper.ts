import { X509Certificate } from 'node:crypto'
import { backoffMs, between, type Random } from '#src/lib/backoff.ts'
import { type Clock, pause } from '#src/runtime/clock.ts'
import { advance, type Bundle, newBundle, trustedBy } from './bundle.ts'
import { isTrusted, type Publication, publish, readConfigurations } from './ca-bundle.ts'
import type { KeyPair, ServingNames } from './mint.ts'
import type { CertObserver } from './observer.ts'
import type { CertPorts, CertSecret, ServiceRef, StoredSecret, WebhookRef } from './ports.ts'
import { nextStep, type RotationPolicy, type RotationStep } from './rotation.ts'
import { bundleOf, secretOf } from './secret.ts'
import { CertSlot, type CertSource } from './source.ts'

export interface KeeperOptions {
  readonly ports: CertPorts
  readonly secret: { readonly namespace: string; readonly name: string }
  readonly names: ServingNames
  /** The configurations whose caBundle is ours to write. */
  readonly webhooks: readonly WebhookRef[]
  /** Where they lead to, as far as they lead to a Service. */
  readonly service?: ServiceRef
  readonly policy: RotationPolicy
  /** Whether this replica may write. Only spares conflicts: all replicas writing at once is safe, too. */
  readonly leads: () => boolean
  readonly observer: CertObserver
  readonly clock: Clock
  /** Wall time, which certificates are about. */
  readonly now: () => Date
  readonly random: Random
  /** How often to look for another replica's change. Must be far below the policy's grace. */
  readonly pollMs: number
}

/** A pass makes at most this many changes; the longest way, from a lost Secret to steady, has three. */
const MAX_CHANGES = 8

/**
 * Keeps the webhook's certificates in a Secret that all replicas share. Every pass reads the Secret, serves what it
 * holds, makes the configurations trust it and takes the next step of a rotation if one is due. Passes of several
 * replicas may interleave in any way: each write holds only for the version that was read.
 */
export class CertKeeper implements CertSource {
  readonly #options: KeeperOptions
  readonly #slot = new CertSlot()

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  current(): KeyPair | undefined {
    return this.#slot.current()
  }

  onChange(listener: (certificate: KeyPair) => void): () => void {
    return this.#slot.onChange(listener)
  }

  /** Passes until the signal aborts. Never rejects: what goes wrong is reported and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, observer, pollMs, random } = this.#options
    const retry = { baseMs: Math.min(500, pollMs), factor: 2, capMs: pollMs, jitter: 0.5 }
    for (let failures = 0; !signal.aborted; ) {
      let wait: number
      try {
        await this.pass()
        failures = 0
        wait = between(0.8 * pollMs, pollMs, random)
      } catch (error) {
        observer.failed(error)
        wait = backoffMs(retry, failures++, random)
      }
      await pause(clock, wait, signal)
    }
  }

  /** One look, and everything that can be done at once. Rejects when Kubernetes cannot be reached. */
  async pass(): Promise<void> {
    for (let changes = 0; changes < MAX_CHANGES; changes++) {
      if ((await this.#step()) === 'rest') return
    }
  }

  async #step(): Promise<'rest' | 'again'> {
    const { ports, secret: where, webhooks, service, leads, names, policy, now } = this.#options
    // The configurations are read before the Secret. A configuration that another replica brings up to date after this
    // moment refuses our patch, so that trust can never go back to what an older Secret said.
    const configurations = await readConfigurations(ports, webhooks, service)
    const stored = await ports.getSecret(where.namespace, where.name)
    const read = stored === undefined ? undefined : bundleOf(stored)
    if (read === undefined || !read.ok) {
      if (!leads()) return 'rest'
      return this.#write(
        newBundle({ names, policy, now: now() }),
        stored,
        'create',
        read?.reason ?? 'there is no Secret yet',
      )
    }
    const { bundle } = read
    if (!leads()) {
      // The leader writes the Secret first and the configurations then: in between, a new leaf would not be believed.
      if (isTrusted(configurations, bundle.authority.certificate)) this.#serve(bundle)
      return 'rest'
    }
    const publications = await Promise.all(configurations.map((one) => publish(ports, one, trustedBy(bundle))))
    if (publications.includes('conflict')) return 'again'
    this.#serve(bundle)

    const step = overdue(bundle, publications) ?? nextStep(bundle, names, now(), policy)
    if (step.do === 'keep') return 'rest'
    return this.#write(advance(bundle, step.do, { names, policy, now: now() }), stored, step.do, step.reason)
  }

  #serve(bundle: Bundle): void {
    if (!this.#slot.put(bundle.leaf)) return
    this.#options.observer.serving({
      leafExpires: new X509Certificate(bundle.leaf.certificate).validToDate,
      authorityExpires: new X509Certificate(bundle.authority.certificate).validToDate,
    })
  }

  async #write(
    bundle: Bundle,
    stored: StoredSecret | undefined,
    change: RotationStep | 'create',
    reason: string,
  ): Promise<'again'> {
    const { ports, secret: where, observer } = this.#options
    const secret = secretOf(bundle, where, stored)
    const outcome = isStored(secret) ? await ports.updateSecret(secret) : await ports.createSecret(secret)
    if (outcome === 'done') observer.changed(change, reason)
    return 'again'
  }
}

/** Somebody had taken a published authority out of a configuration again: the time to settle starts anew. */
function overdue(
  bundle: Bundle,
  publications: readonly Publication[],
): { do: RotationStep; reason: string } | undefined {
  if (bundle.next?.publishedAt === undefined || !publications.includes('published')) return undefined
  return { do: 'confirm-published', reason: 'a configuration had lost the new authority' }
}

const isStored = (secret: CertSecret): secret is StoredSecret => secret.metadata.resourceVersion !== undefined
