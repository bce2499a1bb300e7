import { defined } from '#src/lib/defined.ts'
import type { AwaitedObject } from './plan.ts'
import type { World } from './world.ts'

/** What the Workspace names and nobody watches: Secrets that are missing, and its ConfigMap as it was read. */
export function awaitedBy({ workspace, secrets, configVersion }: World): AwaitedObject[] {
  const config = workspace.tuning?.config ?? workspace.inference?.config
  const missing = [...secrets].flatMap(([name, presence]) => (presence === 'missing' ? [name] : []))
  return [
    ...missing.map((name) => ({ kind: 'Secret' as const, name })),
    ...(config === undefined
      ? []
      : [{ kind: 'ConfigMap' as const, name: config, ...defined({ version: configVersion }) }]),
  ]
}
