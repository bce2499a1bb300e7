import type { Foreign } from '#src/api/schema-kit.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { statefulSet } from './inference-set.ts'
import type { StatefulSet } from './manifest.ts'
import { ownedLabels } from './meta.ts'
import { bothAffinities, placement } from './placement.ts'
import { restrictedPod } from './restricted.ts'

/**
 * Replicas of the user's own pod template: its labels and annotations stay; our labels, the placement and what its Pod Security
 * level demands are added, and a token of the apiserver's is mounted only where it says so.
 */
export function templateSet(workspace: Workspace, template: Foreign, settings: Settings): StatefulSet<Foreign> {
  const spec = template['spec']
  const { affinity, tolerations } = placement(workspace, settings)
  const own = isJsonObject(spec) ? spec : {}
  const metadata = isJsonObject(template['metadata']) ? template['metadata'] : {}
  const ownTolerations = Array.isArray(own['tolerations']) ? own['tolerations'] : []
  const podSpec = {
    ...(settings.templates === 'restricted' ? restrictedPod(own) : own),
    automountServiceAccountToken: own['automountServiceAccountToken'] ?? false,
    ...defined({ affinity: bothAffinities(own['affinity'], affinity) }),
    tolerations: [...ownTolerations, ...tolerations],
  }
  const labels = isJsonObject(metadata['labels']) ? metadata['labels'] : {}
  return statefulSet(workspace, {
    metadata: {
      // Our labels win, because pods are found by them.
      labels: { ...labels, ...ownedLabels(workspace, 'inference') },
      ...(isJsonObject(metadata['annotations']) ? { annotations: metadata['annotations'] } : {}),
    },
    spec: podSpec,
  })
}
