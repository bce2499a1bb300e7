import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { isLargerThan } from '#src/lib/json-size.ts'
import type { Presence } from '#src/plan/world.ts'
import type { Clock } from '#src/runtime/clock.ts'
import { Recent } from '#src/runtime/recent.ts'
import type { KubeClient } from './client.ts'
import { isForbidden } from './errors.ts'

/** A ConfigMap as a plan needs it, with its version: another one is another file. */
export interface ConfigFile {
  readonly version: string
  readonly data: Readonly<Record<string, string>>
}

/** Where an object is looked for, and whether what was found a moment ago will do. */
export interface Look {
  readonly namespace: string
  readonly name: string
  readonly signal: AbortSignal
  readonly isFresh: boolean
}

/**
 * For how long something is believed to be as it was, ms. What is missing is missing for one burst of reconciles only, for its
 * Workspace says so; what is there is used by pods, which themselves say if it has gone.
 */
const MISSING_MS = 1_000
const FOUND_MS = 30_000

/** 256 files of 64 Ki characters: 16 Mi characters at worst. */
const FILES = { most: 256, size: { characters: 65_536, values: 1_000 } }
const SECRETS = 8_192

/** The ConfigMaps and Secrets that Workspaces name, read by name: many name the same, and thousands may be looked at in a row. */
export class NamedObjects {
  readonly #client: KubeClient
  readonly #secrets: Recent<Presence>
  readonly #files: Recent<ConfigFile | 'missing'>

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client
    this.#secrets = new Recent(clock, SECRETS)
    this.#files = new Recent(clock, FILES.most)
  }

  /**
   * Whether a Secret exists; undefined where that may not be asked, for the pod will tell. A name that no Secret can have is
   * missing without a question.
   */
  async presence({ namespace, name, signal, isFresh }: Look): Promise<Presence | undefined> {
    if (!isDnsSubdomain(name)) return 'missing'
    const key = `${namespace}/${name}`
    const known = isFresh ? undefined : this.#secrets.get(key)
    if (known !== undefined) return known
    try {
      const metadata = await this.#client.metadata({ kind: 'Secret', namespace, name }, signal)
      const presence = metadata === undefined ? 'missing' : 'found'
      this.#secrets.put(key, presence, presence === 'found' ? FOUND_MS : MISSING_MS)
      return presence
    } catch (error) {
      if (isForbidden(error)) return undefined
      throw error
    }
  }

  /** A ConfigMap's data; undefined where there is none. */
  async file({ namespace, name, signal, isFresh }: Look): Promise<ConfigFile | undefined> {
    const key = `${namespace}/${name}`
    const known = isFresh ? undefined : this.#files.get(key)
    if (known !== undefined) return known === 'missing' ? undefined : known
    const object = await this.#client.get({ kind: 'ConfigMap', namespace, name }, signal)
    if (object === undefined) {
      this.#files.put(key, 'missing', MISSING_MS)
      return undefined
    }
    const file = { version: object.metadata.resourceVersion ?? '', data: object.data ?? {} }
    if (!isLargerThan(file.data, FILES.size)) this.#files.put(key, file, FOUND_MS)
    return file
  }

  /** What `Lookout` asks: the version of a ConfigMap, or of a Secret that was missing. */
  async versionOf(id: string): Promise<string | undefined> {
    const [kind, namespace = '', name = ''] = id.split('/')
    const signal = AbortSignal.timeout(10_000)
    const where = { kind: kind === 'Secret' ? ('Secret' as const) : ('ConfigMap' as const), namespace, name }
    return (await this.#client.metadata(where, signal))?.resourceVersion
  }
}

/** How `Lookout` knows an object. */
export const awaitedId = (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) =>
  `${kind}/${namespace}/${name}`
