import type { WorkspaceStatus } from '#src/api/status.ts'
import { until } from './kubectl.ts'
import { type Changes, filledIn, literal, type SeedFile } from './manifests.ts'
import type { Place } from './place.ts'
import type { Screen } from './screen.ts'

/** Applies an example file word for word; a refusal is told, too, where `mayRefuse`. Gives what kubectl said. */
export async function applyLiteral(place: Place, screen: Screen, file: SeedFile, mayRefuse = false) {
  const accept = mayRefuse ? [0, 1] : [0]
  const ran = await place.kubectl(['apply', '-f', '-'], { input: await literal(file), accept })
  screen.command(`kubectl apply -f examples/${file}.yaml`, ran.all)
  return ran
}

export interface Filled {
  readonly file: SeedFile
  readonly changes: Changes
  /** Another name than the file's. */
  readonly name?: string
}

/** Applies an example file with its placeholders filled in, and shows which fields those were. */
export async function applyFilled(place: Place, screen: Screen, { file, changes, name }: Filled): Promise<void> {
  const manifest = await filledIn(file, changes)
  const input = JSON.stringify(name === undefined ? manifest : { ...manifest, metadata: { name } })
  const { all } = await place.kubectl(['apply', '-f', '-'], { input })
  screen.line(`examples/${file}.yaml, with`)
  for (const [path, value] of Object.entries(changes)) screen.line(`  ${path}: ${JSON.stringify(value)}`)
  screen.command('kubectl apply -f -', all)
}

export interface Following {
  readonly name: string
  readonly state: 'Ready' | 'Succeeded'
  /** Sees each status on the way. */
  readonly onStatus?: (status: WorkspaceStatus) => Promise<void>
}

/** Tells each change of a Workspace's Ready condition until it has the wanted state; rejects when it failed instead. */
export async function follow(place: Place, screen: Screen, following: Following): Promise<WorkspaceStatus> {
  const { name, state, onStatus } = following
  let last = ''
  const status = await until(
    `${name} ${state}`,
    900,
    async () => {
      const now = await statusOf(place, name)
      const { reason, message } = readyOf(now)
      const line = `${reason}: ${message}`
      if (line !== last) screen.line(line)
      last = line
      await onStatus?.(now)
      if (now.state === 'Failed') throw new Error(`${name} failed: ${line}`)
      return now.state === state ? now : undefined
    },
    () => `Last seen: ${last}`,
  )
  const columns = await place.kubectl(['get', 'workspace', name])
  screen.command(`kubectl get workspace ${name}`, columns.stdout)
  return status
}

/** The status of the Workspace as it is written now; what the operator said of an earlier version does not count. */
async function statusOf(place: Place, name: string): Promise<WorkspaceStatus> {
  const workspace = await place.kubectl.get(['workspace', name])
  const { generation } = (workspace?.['metadata'] ?? {}) as { readonly generation?: number }
  const status = (workspace?.['status'] ?? {}) as WorkspaceStatus
  return status.observedGeneration === generation ? status : {}
}

const readyOf = (status: WorkspaceStatus) =>
  status.conditions?.find(({ type }) => type === 'Ready') ?? { reason: 'Pending', message: 'not reconciled yet' }
