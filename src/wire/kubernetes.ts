import { randomBytes } from 'node:crypto'
import { FIELD_MANAGER } from '#src/api/labels.ts'
import { type Applier, createApplier } from '#src/kube/apply.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { createEventRecorder, type EventRecorder } from '#src/kube/events.ts'
import { NamedObjects } from '#src/kube/named-objects.ts'
import { createStores, type Stores } from '#src/kube/stores.ts'
import { workspaceCounts } from '#src/observe/workspace-counts.ts'
import { provisionerGap, provisionerOf } from '#src/provisioners/index.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Api } from './api.ts'
import type { Wiring } from './wiring.ts'

export interface Kubernetes {
  readonly client: KubeClient
  readonly applier: Applier
  readonly events: EventRecorder
  readonly stores: Stores
  readonly named: NamedObjects
  /** Starts the watches and waits for their first lists. */
  readonly component: Component
}

/** What the reconciler sees of the cluster, and how it writes. */
export function wireKubernetes({ config, log, metrics }: Wiring, { client }: Api): Kubernetes {
  const stores = createStores({
    client,
    namespaces: config.settings.namespaces,
    clock: systemClock,
    onNodeClaims: (isServed) => {
      const gap = provisionerGap(config.settings, isServed)
      if (gap !== undefined) log.warn(gap)
      else if (provisionerOf(config.settings).buys !== undefined)
        log.info('NodeClaims (karpenter.sh/v1) are served: nodes can be provisioned')
    },
    onList: (kind) => {
      metrics.count('watchLists', { kind })
      metrics.expect('watchErrors', { kind })
    },
    onError: (kind, error) => {
      metrics.count('watchErrors', { kind })
      log.warn({ err: error, kind }, 'a watch broke and begins again')
    },
  })
  const events = createEventRecorder({
    client,
    controller: 'kaito.sh/workspace-controller',
    instance: config.instance,
    wallTime: () => new Date(),
    randomName: () => randomBytes(4).toString('hex'),
    onDropped: (error) => {
      metrics.count('eventsDropped')
      log.debug({ err: error }, 'an event was dropped')
    },
  })
  metrics.beforeScrape(() => {
    for (const { kind, silentSeconds, objects } of stores.watches()) {
      metrics.set('watchSilentSeconds', silentSeconds, { kind })
      metrics.set('cachedObjects', objects, { kind })
    }
    metrics.clear('workspaces')
    for (const { mode, phase, count } of workspaceCounts(stores.workspaces.all())) {
      metrics.set('workspaces', count, { mode, phase })
    }
  })
  const abort = new AbortController()
  const component: Component = {
    name: 'watches',
    start: async () => {
      stores.start(abort.signal)
      await stores.synced()
    },
    stop: async () => {
      abort.abort()
      await events.flush()
    },
  }
  const named = new NamedObjects(client, systemClock)
  return { client, applier: createApplier(client, FIELD_MANAGER), events, stores, named, component }
}
