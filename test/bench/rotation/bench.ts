import { setTimeout as sleep } from 'node:timers/promises'
import type { KeeperOptions } from '#certs/keeper.ts'
import { startControlPlane } from '#examples/cluster/control-plane.ts'
import { loadConfig } from '#src/config.ts'
import { createKubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp } from '#src/kube/http.ts'
import { kubeconfig } from '#src/kube/kubeconfig.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { installDefinition, until } from '#test/integration/admission/rig.ts'
import { ApiClient, certPorts } from '#test/integration/certs/api-client.ts'
import { names } from '#test/integration/webhooks/rig.ts'
import { deafToCerts } from '#test/support/deaf-observers.ts'
import { MUTATING, mutatingConfiguration, VALIDATING, validatingConfiguration } from '#webhooks/registration.ts'
import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { startBalancer } from './balancer.ts'
import { admitContinuously, admitOnce } from './load.ts'
import { startReplica } from './replica.ts'
import { writeReport } from './report.ts'

const YEAR = 365 * 86_400_000
/** A rotation in a second instead of in eight months: the steps and their order are the same. */
const SETTLE_MS = 500
const GRACE_MS = 300
const policy = { authorityMs: YEAR, leafMs: YEAR, renewAt: 500 / YEAR, settleMs: SETTLE_MS, graceMs: GRACE_MS }

/**
 * Changes of the authority under continuous admission through a real API server, with two replicas behind a balancer.
 * Flags: --rotations 100, --parallel 4, --seconds 300 (at most).
 */
export async function rotationBench(args: readonly string[]): Promise<boolean> {
  const { rotations, parallel, seconds } = numberFlags(args, { rotations: 100, parallel: 4, seconds: 300 })
  const loadBefore = loadavg()
  const plane = await startControlPlane()
  const api = new ApiClient(plane, parallel + 8)
  const credentials = createCredentials(() => kubeconfig(plane.kubeconfig))
  const admission = wireAdmission(
    loadConfig(undefined, {}),
    createKubeClient(createHttp({ credentials, userAgent: 'bench' })),
  )
  await installDefinition(api)
  const problems: unknown[] = []
  const failed = (error: unknown) => void problems.push(error)
  let authorities = 0
  const changed = (change: string) => void (change === 'serve-next' && authorities++)
  const options: KeeperOptions = {
    ports: certPorts(api),
    secret: { namespace: 'default', name: 'webhook-cert' },
    names,
    webhooks: [VALIDATING, MUTATING],
    policy,
    leads: () => true,
    observer: { ...deafToCerts, changed, failed },
    clock: systemClock,
    now: () => new Date(),
    random: Math.random,
    pollMs: 50,
  }
  const replicas = [await startReplica(options, admission, failed), await startReplica(options, admission, failed)]
  const balancer = await startBalancer(replicas.map(({ port }) => port))
  const registration = { target: { url: balancer.url }, operatorNamespace: 'kaito-system' }
  for (const one of [validatingConfiguration(registration), mutatingConfiguration(registration)]) {
    await api.must('POST', `/apis/admissionregistration.k8s.io/v1/${one.kind.toLowerCase()}s`, one)
  }
  await until('the webhooks are not asked', async () => (await admitOnce(api)) === undefined)

  const [before, started] = [authorities, performance.now()]
  const load = admitContinuously(api, parallel)
  while (
    authorities - before < rotations &&
    performance.now() - started < seconds * 1000 &&
    load.failures.length < 10
  ) {
    await sleep(100)
  }
  const rotated = authorities - before
  const { admitted, latencies } = await load.stop()
  const result = {
    machine: machineLines(loadBefore),
    rotations: rotated,
    seconds: (performance.now() - started) / 1000,
    admitted,
    failures: load.failures,
    latencies,
    problems: problems.map(String),
    served: replicas.map((replica) => replica.served()),
    connections: [...balancer.connections],
    apiserver: await webhookFailures(api),
    settleMs: SETTLE_MS,
    graceMs: GRACE_MS,
    parallel,
  }
  await Promise.all(replicas.map((replica) => replica.stop()))
  balancer.stop()
  await credentials.close()
  await api.close()
  await plane.stop()
  writeReport(result)
  return rotated >= rotations && load.failures.length === 0 && result.apiserver === 0
}

/** Calls of a webhook that the API server itself counts as failed, those included that failed open. */
async function webhookFailures(api: ApiClient): Promise<number> {
  const { text } = await api.call('GET', '/metrics')
  const failures = text
    .split('\n')
    .filter((line) =>
      /^apiserver_admission_webhook_(fail_open_count|rejection_count\{.*error_type="calling_webhook_error")/.test(line),
    )
  return failures.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
