import type { K8sObject } from '#src/api/objects.ts'
import { defined } from '#src/lib/defined.ts'
import { isJsonObject } from '#src/lib/json.ts'
import type { HeldLease, LeaderLock, LeaseRecord } from '#src/runtime/leader.ts'
import type { KubeClient } from './client.ts'

/** A coordination.k8s.io Lease for leader election; the resourceVersion makes sure that only one contender wins. */
export function createLeaseLock(client: KubeClient, namespace: string, name: string): LeaderLock {
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

function leaseOf(record: LeaseRecord, namespace: string, name: string, version: string | undefined): K8sObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name, ...defined({ resourceVersion: version }) },
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      leaseTransitions: record.transitions,
      acquireTime: record.acquiredAt,
      renewTime: record.renewedAt,
    },
  }
}

function stored(lease: K8sObject): HeldLease {
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
