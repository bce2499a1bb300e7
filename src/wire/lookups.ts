import type { KubeClient } from '#src/kube/client.ts'
import { configMapLookup, nodesLookup, secretLookup, tokenLookup } from '#src/kube/lookups.ts'
import { type Mode, RememberedLookups } from '#src/kube/remembered-lookups.ts'
import type { Facts } from '#src/reading/facts.ts'
import type { needs } from '#src/rules/needs.ts'

type Needs = ReturnType<typeof needs>

/** What was found of the objects that a Workspace names; `isFresh` when nothing of it is remembered from before. */
export interface Found extends Pick<Facts, 'configMaps' | 'secrets' | 'nodesHeld'> {
  readonly isFresh: boolean
}

/** The look-ups of admission, with what was found a moment ago. */
export interface Lookups {
  /** What is known without waiting; undefined where something must be asked for. */
  atOnce(namespace: string, wanted: Needs, mode: Mode): Found | undefined
  /** What is not known when `until` aborts is said to be unknown. */
  ask(namespace: string, wanted: Needs, mode: Mode, until: AbortSignal): Promise<Found>
}

export function wireLookups(client: KubeClient): Lookups {
  const configMaps = new RememberedLookups((...where) => configMapLookup(client, ...where))
  const secrets = new RememberedLookups((...where) => secretLookup(client, ...where))
  const tokens = new RememberedLookups((...where) => tokenLookup(client, ...where))
  const held = new RememberedLookups((...where) => nodesLookup(client, ...where))
  return {
    atOnce(namespace, wanted, mode) {
      if (Object.values(wanted).every((names) => names.length === 0)) return NOTHING_NAMED
      if (mode === 'fresh') return undefined
      const maps = configMaps.recent(namespace, wanted.configMaps)
      const logins = maps && secrets.recent(namespace, wanted.secrets)
      const others = logins && tokens.recent(namespace, wanted.tokens)
      const nodesHeld = others && held.recent(namespace, wanted.namespaces)
      return nodesHeld && { configMaps: maps, secrets: new Map([...logins, ...others]), nodesHeld, isFresh: false }
    },
    async ask(namespace, wanted, mode, until) {
      const [maps, logins, others, counted] = await Promise.all([
        configMaps.all(namespace, wanted.configMaps, mode, until),
        secrets.all(namespace, wanted.secrets, mode, until),
        tokens.all(namespace, wanted.tokens, mode, until),
        held.all(namespace, wanted.namespaces, mode, until),
      ])
      return {
        configMaps: maps.values,
        secrets: new Map([...logins.values, ...others.values]),
        nodesHeld: counted.values,
        isFresh: maps.isFresh && logins.isFresh && others.isFresh && counted.isFresh,
      }
    },
  }
}

/** For what reads no other object. */
export const NOTHING_NAMED: Found = { configMaps: new Map(), secrets: new Map(), nodesHeld: new Map(), isFresh: true }
