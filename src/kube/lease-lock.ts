import { isJsonObject } from '#src/lib/json.ts'
import type { KubeClient } from './client.ts'
import type { KubeObject } from './resource.ts'

/** A lease as leader election sees it. Times are RFC 3339 with microseconds; an empty holder is a released lease. */
export interface LeaseFields {
  readonly holder: string
  readonly durationSeconds: number
  readonly transitions: number
  readonly acquiredAt: string
  readonly renewedAt: string
}

export interface StoredLease {
  readonly record: LeaseFields
  readonly version: string
}

/** A coordination.k8s.io Lease for leader election; the resourceVersion makes sure that only one contender wins. */
export interface LeaseLock {
  get(signal: AbortSignal): Promise<StoredLease | undefined>
  put(record: LeaseFields, version: string | undefined, signal: AbortSignal): Promise<StoredLease>
}

export function createLeaseLock(client: KubeClient, namespace: string, name: string): LeaseLock {
  return {
    async get(signal) {
      const lease = await client.get({ kind: 'Lease', namespace, name }, signal)
      return lease && stored(lease)
    },
    async put(record, version, signal) {
      const lease = leaseOf(record, namespace, name, version)
      return stored(version === undefined ? await client.create(lease, signal) : await client.replace(lease, signal))
    },
  }
}

function leaseOf(record: LeaseFields, namespace: string, name: string, version: string | undefined): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name, ...(version === undefined ? {} : { resourceVersion: version }) },
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      leaseTransitions: record.transitions,
      acquireTime: record.acquiredAt,
      renewTime: record.renewedAt,
    },
  }
}

function stored(lease: KubeObject): StoredLease {
  const spec = isJsonObject(lease['spec']) ? lease['spec'] : {}
  const text = (field: string) => (typeof spec[field] === 'string' ? spec[field] : '')
  const count = (field: string) => (typeof spec[field] === 'number' ? spec[field] : 0)
  return {
    version: lease.metadata.resourceVersion ?? '',
    record: {
      holder: text('holderIdentity'),
      durationSeconds: count('leaseDurationSeconds'),
      transitions: count('leaseTransitions'),
      acquiredAt: text('acquireTime'),
      renewedAt: text('renewTime'),
    },
  }
}
