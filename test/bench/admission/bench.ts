import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newBundle } from '#certs/bundle.ts'
import { defaultPolicy } from '#certs/rotation.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { installDefinition } from '#test/integration/admission/rig.ts'
import { ApiClient } from '#test/integration/certs/api-client.ts'
import type { StartMessage } from '../contestants/start.ts'
import { numberFlags } from '../flags.ts'
import { startChild } from '../measure/child.ts'
import { imageEnvironment } from '../measure/image-environment.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { measureBehind } from './behind.ts'
import { type Contestant, measureDirect, peakMemory } from './direct.ts'
import { writeReport } from './report.ts'
import { REFERENCED } from './reviews.ts'

/**
 * This webhook beside a bare echo, first asked directly, then by a real API server.
 * Flags: --rounds 5, --seconds 1 (per cell of the direct part), --creates 1000 (per mode, over all rounds; up to 5000).
 */
export async function admissionBench(args: readonly string[]): Promise<boolean> {
  const { rounds, seconds, creates } = numberFlags(args, { rounds: 5, seconds: 1, creates: 1000 })
  const loadBefore = loadavg()
  const plane = await startControlPlane()
  const api = new ApiClient(plane, 16)
  await installDefinition(api)
  for (const { plural, body } of REFERENCED) await api.must('POST', `/api/v1/namespaces/default/${plural}`, body)
  const { leaf, authority } = newBundle({
    names: { dns: ['localhost'], ips: ['127.0.0.1'] },
    policy: defaultPolicy,
    now: new Date(),
  })
  const ca = authority.certificate
  const account = accountOf(plane)
  const contestants: Contestant[] = []
  const names = ['webhook', 'echo'] as const
  const scriptOf = (name: Contestant['name']) => new URL(`../contestants/${name}.ts`, import.meta.url)
  // Both, so that neither gains by it.
  const env = imageEnvironment(join(plane.dir, 'compile-cache'), names.map(scriptOf))
  for (const name of names) {
    const child = startChild(scriptOf(name), {
      env,
      core: 0,
      output: join(plane.dir, `${name}.log`),
    })
    const port = await freePort()
    const message: StartMessage = { certificate: leaf, port, apiServer: plane.url, account }
    await child.ask(message)
    contestants.push({ name, child, port })
  }
  try {
    const cells = await measureDirect({ contestants, ca, rounds, seconds })
    const memoryDirect = peakMemory(contestants)
    const behind = await measureBehind({ api, contestants, ca, rounds, creates })
    return writeReport({
      machine: machineLines(loadBefore),
      options: { rounds, seconds, creates },
      cells,
      behind,
      memoryDirect,
      memory: peakMemory(contestants),
    })
  } finally {
    for (const { child } of contestants) child.stop()
    await api.close()
    await plane.stop()
  }
}

/** What the kubelet would mount: so the webhook comes to the API server as in a pod. */
function accountOf({ dir, ca, token }: ControlPlane): string {
  const folder = join(dir, 'account')
  mkdirSync(folder)
  writeFileSync(join(folder, 'ca.crt'), ca)
  writeFileSync(join(folder, 'token'), token)
  return folder
}
