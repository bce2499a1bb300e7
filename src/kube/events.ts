import type { K8sObject } from '#src/api/objects.ts'
import { microTime } from '#src/lib/micro-time.ts'
import type { KubeClient } from './client.ts'
import { isNotFound } from './errors.ts'

export interface EventInput {
  readonly type: 'Normal' | 'Warning'
  /** PascalCase, the machine-readable why. */
  readonly reason: string
  /** PascalCase verb, what was being done. */
  readonly action: string
  /** For people; cut at 1 KiB, the API's limit. */
  readonly note: string
}

export interface EventRecorderOptions {
  readonly client: KubeClient
  /** Such as `kaito.sh/workspace-controller`. */
  readonly controller: string
  /** This process, such as the pod's name. */
  readonly instance: string
  readonly wallTime: () => Date
  /** Six hex digits or so, to tell apart events of one object. */
  readonly randomName: () => string
  readonly onDropped?: (error: unknown) => void
}

export interface EventRecorder {
  record(regarding: K8sObject, event: EventInput): void
  /** Resolves when what was recorded so far has been sent or given up. */
  flush(): Promise<void>
}

interface Series {
  readonly object: K8sObject
  count: number
  lastSentAt: number
  /** Its latest call, settled or not: calls about one series go one after another, or an older count could stay. */
  sent: Promise<void>
}

/** A repeat within 6 minutes joins the series (client-go's window); the server is told of it at most every 30 s. */
const seriesMs = 360_000
const tellEveryMs = 30_000
const maxSeries = 2_000
const maxPending = 64

/**
 * Events for people to read with kubectl. Best effort by design: an event that cannot be written is counted and
 * dropped, because no reconcile may fail or wait for one.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, wallTime, onDropped } = options
  /** Least recently used first. */
  const seen = new Map<string, Series>()
  const pending = new Set<Promise<void>>()

  /** Resolves when the call is over or was dropped. */
  function send(work: () => Promise<unknown>): Promise<void> {
    if (pending.size >= maxPending) {
      onDropped?.(new Error('too many events are waiting to be sent'))
      return Promise.resolve()
    }
    const task = work().then(
      () => {},
      (error: unknown) => onDropped?.(error),
    )
    pending.add(task)
    void task.finally(() => pending.delete(task))
    return task
  }

  function remember(key: string, series: Series): void {
    seen.delete(key)
    seen.set(key, series)
    for (const oldest of seen.keys()) {
      if (seen.size <= maxSeries) break
      seen.delete(oldest)
    }
  }

  return {
    record(regarding, event) {
      const now = wallTime()
      const key = [regarding.metadata.uid, event.type, event.reason, event.action, event.note].join('\n')
      const series = seen.get(key)
      if (series === undefined || now.getTime() - series.lastSentAt > seriesMs) {
        const object = eventObject(options, regarding, event, now)
        const sent = send(() => client.create(object))
        remember(key, { object, count: 1, lastSentAt: now.getTime(), sent })
        return
      }
      series.count += 1
      remember(key, series)
      if (now.getTime() - series.lastSentAt < tellEveryMs) return
      series.lastSentAt = now.getTime()
      const before = series.sent
      series.sent = send(() => before.then(() => tellSeries(client, series, now)))
    },
    async flush() {
      await Promise.all(pending)
    },
  }
}

/** The event itself is deleted by the server after an hour; a repeat then starts over. */
async function tellSeries(client: KubeClient, series: Series, now: Date): Promise<void> {
  const { namespace, name } = series.object.metadata
  const told = { count: series.count, lastObservedTime: microTime(now) }
  try {
    await client.merge({ kind: 'Event', name, ...(namespace ? { namespace } : {}) }, { series: told })
  } catch (error) {
    if (!isNotFound(error)) throw error
    await client.create({ ...series.object, series: told })
  }
}

function eventObject(options: EventRecorderOptions, regarding: K8sObject, event: EventInput, now: Date): K8sObject {
  const { namespace = 'default', name, uid, resourceVersion } = regarding.metadata
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, name: `${name.slice(0, 200)}.${options.randomName()}` },
    eventTime: microTime(now),
    reportingController: options.controller,
    reportingInstance: options.instance.slice(0, 128),
    type: event.type,
    reason: event.reason.slice(0, 128),
    action: event.action.slice(0, 128),
    note: cut(event.note, 1024),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      namespace: regarding.metadata.namespace,
      name,
      uid,
      resourceVersion,
    },
  }
}

/** At most `bytes` bytes of UTF-8 without cutting a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const whole = new TextDecoder().decode(Buffer.from(text).subarray(0, bytes - 4)).replace(/\uFFFD$/, '')
  return `${whole}…`
}
