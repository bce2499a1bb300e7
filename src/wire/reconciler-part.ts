import type { Config } from '#src/config.ts'
import { provisionerGap } from '#src/provisioners/index.ts'
import type { Api } from './api.ts'
import { type Kubernetes, wireKubernetes } from './kubernetes.ts'
import { wireLeading } from './leading.ts'
import type { Part } from './role.ts'
import { wireTuning } from './tuning.ts'
import type { Wiring } from './wiring.ts'

/** Watches everything, starts tuning runs, and reconciles while it leads. */
export function reconcilerPart(wiring: Wiring, api: Api, onLost: () => void): Part {
  const kubernetes = wireKubernetes(wiring, api)
  const tuning = wireTuning(wiring, kubernetes)
  const { stores } = kubernetes
  return {
    components: [kubernetes.component, tuning.component, wireLeading(wiring, kubernetes, tuning, onLost)],
    // A watch that has heard nothing for five minutes, bookmarks included, is beyond what its own restarts can mend.
    live: [{ name: 'watches', check: () => (stores.silence() > 300 ? 'the apiserver is silent' : undefined) }],
    ready: [
      { name: 'caches', check: () => (stores.isSynced() ? undefined : 'caches are not filled yet') },
      { name: 'redis', check: tuning.problem },
    ],
    notes: [{ name: 'provisioner', check: () => provisionerTrouble(wiring.config, kubernetes) }],
  }
}

function provisionerTrouble({ settings }: Config, { stores }: Kubernetes): string | undefined {
  return stores.isSynced() ? provisionerGap(settings, stores.hasNodeClaims()) : undefined
}
