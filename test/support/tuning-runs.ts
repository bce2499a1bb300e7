import type { K8sObject } from '#src/api/objects.ts'
import { eventually } from './eventually.ts'
import { type Rig, secret, verdict } from './operator-rig.ts'

/** A namespace in which a Workspace may push. */
export async function namespaceWithSecret(rig: Rig): Promise<string> {
  const namespace = await rig.namespace()
  await rig.client.create(secret(namespace, 'push-secret'))
  return namespace
}

export const theJob = (rig: Rig, namespace: string, timeoutMs?: number): Promise<K8sObject> =>
  eventually('the Job is there', async () => (await rig.list('Job', namespace))[0], timeoutMs)

/** Waits until the Workspace `tune` says that its run is queued. */
export const queued = (rig: Rig, namespace: string): Promise<true> =>
  eventually('queued', async () => verdict(await rig.status(namespace, 'tune'), 'JobStarted') === 'False Queued')

/** Waits until the operator has had time to do a thing twice, then counts. */
export async function jobsAtRest(rig: Rig, namespace: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  return (await rig.list('Job', namespace)).length
}
