import type { JobView, PodView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import { pushJobName, tuningJobName, tuningVolumeName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import type { Plan } from '#src/plan/plan.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { TUNED_DIGEST, TUNED_IMAGE } from '#test/support/workspaces.ts'
import { aWorld, controller, tuningWorkspace } from '#test/support/worlds.ts'

/** Worlds in which what a run makes outlives its pods. */
export const BASE = tuningWorkspace()
export const VOLUME = tuningVolumeName(BASE)
export const PUSH = pushJobName(BASE)
export const WEEK = 604_800_000

/** A world in which runs get a volume. */
export function durable(more: Partial<World> = {}, settings: Partial<Settings> = {}): World {
  const world = aWorld(BASE, more)
  const tuningVolume = { ...world.settings.tuningVolume, enabled: true }
  return { ...world, settings: { ...world.settings, tuningVolume, ...settings } }
}

export const claim = { metadata: { name: VOLUME, namespace: 'default', uid: 'claim' } }

export const jobOf = (
  name: string,
  end?: 'Complete' | 'Failed',
  annotations: Record<string, string> = {},
): JobView => ({
  metadata: { name, namespace: 'default', uid: name, annotations },
  status: {
    startTime: '2026-01-02T03:00:00Z',
    ...(end === undefined ? {} : { conditions: [{ type: end, status: 'True' }] }),
  },
})

export const ON_OWN = { 'kaito.sh/work-volume': 'own' }
export const trained = jobOf(tuningJobName(BASE), 'Complete', ON_OWN)

export const podOf = (job: string, container: string, state: object): PodView => ({
  metadata: { name: `${job}-pod`, ownerReferences: [controller('Job', job)] },
  status: { phase: 'Running', containerStatuses: [{ name: container, state }] },
})
export const ended = (exitCode: number, outcome: object) => ({
  terminated: { exitCode, message: JSON.stringify(outcome) },
})
export const refused = ended(77, { reason: 'PushDenied', message: 'a.io: no' })
export const pushed = ended(0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })

/** The world after the status was written. */
export function written(world: World, more: Partial<World> = {}, annotations?: Record<string, string>): World {
  const { status } = planWorkspace(world)
  const before = world.workspace
  const metadata = { ...before.metadata, ...defined({ annotations: annotations ?? before.metadata.annotations }) }
  return { ...world, workspace: { ...before, metadata, ...defined({ status }) }, ...more }
}
export const ready = (plan: Plan) => plan.status?.conditions?.find(({ type }) => type === 'Ready')
export const namesOf = (plan: Plan) => ({
  applied: plan.apply.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  removed: plan.remove.map(({ kind, name }) => `${kind} ${name}`),
  enqueued: plan.enqueue?.revision,
})
export const specOf = (object: unknown) => JSON.parse(JSON.stringify(object))
export const asked = (value: string) => ({ 'kaito.sh/retry': value })
