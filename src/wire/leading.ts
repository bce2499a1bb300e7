import { createLeaseLock } from '#src/kube/lease-lock.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Elector } from '#src/runtime/leader.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Kubernetes } from './kubernetes.ts'
import { runReconciler } from './reconcile.ts'
import type { Tuning } from './tuning.ts'
import type { Wiring } from './wiring.ts'

/** Stands for election, and reconciles while it leads. */
export function wireLeading(wiring: Wiring, kubernetes: Kubernetes, tuning: Tuning, onLost: () => void): Component {
  const { config, log, metrics } = wiring
  const abort = new AbortController()
  const elector = new Elector({
    lock: createLeaseLock(kubernetes.client, config.namespace, 'kaito-ts'),
    identity: config.instance,
    clock: systemClock,
    random: Math.random,
    wallTime: () => new Date(),
    onError: (err) => log.warn({ err }, 'the lease could not be read or written'),
    onHolder: (holder) => log.info({ holder }, 'leader'),
  })
  let running: Promise<void> | undefined
  const run = async () => {
    const ended = await elector.run(abort.signal, async (signal) => {
      metrics.set('leader', 1)
      log.info('leading: reconciles begin')
      await runReconciler(wiring, kubernetes, tuning.queue, signal)
    })
    metrics.set('leader', 0)
    if (ended === 'lost') onLost()
  }
  return {
    name: 'leader',
    start: () => {
      metrics.set('leader', 0)
      running = run().catch((err: unknown) => {
        log.error({ err }, 'reconciling ended with an error')
        onLost()
      })
    },
    stop: async () => {
      abort.abort()
      await running
    },
  }
}
