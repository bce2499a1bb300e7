import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'

/** Whoever has a key: its name in the Secret, and the models that it may ask; without a list, all. */
export interface Caller {
  readonly name: string
  readonly models?: ReadonlySet<string>
}

/** The keys of a mounted Secret, read again while they are used: the kubelet puts what is new there by itself. */
export interface ApiKeys {
  /** Whose key the request brings, as `Authorization: Bearer` or `x-api-key`; undefined = nobody's. */
  callerOf(headers: IncomingHttpHeaders): Promise<Caller | undefined>
}

/**
 * Each file of the folder is one caller: the key, and after it the models that it may ask, with blanks between. A file
 * without a usable key lets nobody in; neither does a folder that cannot be read.
 */
export function openApiKeys(folder: string, log: (message: string) => void): ApiKeys {
  let known: Promise<ReadonlyMap<string, Caller>> = Promise.resolve(new Map())
  let readAt = Number.NEGATIVE_INFINITY
  return {
    async callerOf(headers) {
      const key = keyIn(headers)
      if (key === undefined) return undefined
      if (performance.now() - readAt > FRESH_MS) {
        readAt = performance.now()
        known = readKeys(folder, log)
      }
      // A look-up by digest takes as long for a wrong key as for a right one.
      return (await known).get(digestOf(key))
    },
  }
}

const FRESH_MS = 5000
const MOST_CALLERS = 1000
const MOST_BYTES = 8192
/** A shorter key can be guessed. */
const SHORTEST_KEY = 16

async function readKeys(folder: string, log: (message: string) => void): Promise<ReadonlyMap<string, Caller>> {
  const callers = new Map<string, Caller>()
  try {
    // The kubelet keeps its own links there, under names that begin with two dots.
    const names = (await readdir(folder)).filter((name) => !name.startsWith('..')).sort()
    for (const name of names.slice(0, MOST_CALLERS)) {
      const bytes = await readFile(join(folder, name))
      const [key = '', ...models] = bytes.subarray(0, MOST_BYTES).toString('utf8').trim().split(/\s+/)
      if (key.length < SHORTEST_KEY) log(`API key ${name} is ignored: it has fewer than ${SHORTEST_KEY} characters`)
      else callers.set(digestOf(key), models.length === 0 ? { name } : { name, models: new Set(models) })
    }
  } catch (error) {
    log(`the API keys cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  return callers
}

function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const own = headers['x-api-key']
  return bearer ?? (typeof own === 'string' ? own : undefined)
}

const digestOf = (key: string) => createHash('sha256').update(key).digest('hex')
