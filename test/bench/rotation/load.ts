import { workspacesIn } from '#test/integration/admission/rig.ts'
import type { ApiClient } from '#test/integration/certs/api-client.ts'

const PATH = `${workspacesIn('default')}?dryRun=All`
const SPELT = 'Standard_NC24ads_A100_v4'

/** Good, but for its instance type in lower case, so that both webhooks are asked and one of them has something to do. */
const workspace = {
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name: 'phi' },
  resource: { count: 1, instanceType: SPELT.toLowerCase(), labelSelector: { matchLabels: { apps: 'phi-3' } } },
  inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
}

/** Why one admission was not as it should be: refused, not answered, or let through without its defaults. */
export async function admitOnce(api: ApiClient): Promise<string | undefined> {
  const { code, json, text, warnings } = await api.call('POST', PATH, workspace)
  if (code !== 201) return `HTTP ${code}: ${text}`
  if (json.resource.instanceType !== SPELT) return 'the defaulting webhook was not asked'
  // The plan of a dry run is a warning of the validating webhook.
  return String(warnings ?? '').includes('plan:') ? undefined : 'the validating webhook was not asked'
}

/** Admissions one after the other on each of `parallel` lines, until `stop`. */
export function admitContinuously(api: ApiClient, parallel: number) {
  const failures: string[] = []
  const latencies: number[] = []
  let isOver = false
  const line = async () => {
    while (!isOver) {
      const sent = performance.now()
      const failure = await admitOnce(api).catch(String)
      latencies.push(performance.now() - sent)
      if (failure !== undefined) failures.push(failure)
    }
  }
  const lines = Array.from({ length: parallel }, line)
  return {
    failures: failures as readonly string[],
    stop: async () => {
      isOver = true
      await Promise.all(lines)
      return { admitted: latencies.length - failures.length, latencies }
    },
  }
}
