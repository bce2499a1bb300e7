import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Agent } from 'undici'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '#examples/cluster/free-port.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'
import { client, mint, post } from './rig.ts'

const bundle = mint()
const ca = bundle.authority.certificate

const review = (name: string) =>
  JSON.stringify(
    admissionReview({
      name,
      object: {
        apiVersion: 'kaito.sh/v1alpha1',
        kind: 'Workspace',
        metadata: { name, namespace: 'default' },
        resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'phi' } } },
        inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
      },
    }),
  )

describe('a webhook with a rule that never returns', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog-'))
  let child: ChildProcess
  let ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  let agent: Agent
  let url: string
  let log = ''

  beforeEach(async () => {
    writeFileSync(join(folder, 'token'), 'token')
    writeFileSync(join(folder, 'ca.crt'), ca)
    log = ''
    child = fork(fileURLToPath(new URL('./hanging-webhook.ts', import.meta.url)), [], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      log += text
    })
    ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])))
    child.send({ certificate: bundle.leaf, port: await freePort(), apiServer: 'https://127.0.0.1:1', account: folder })
    const [answer] = await once(child, 'message')
    url = answer.url
    agent = client(ca)
    expect(await ask('phi')).toBe(true)
  })
  afterEach(async () => {
    child.kill('SIGKILL')
    await agent.destroy()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const ask = async (name: string) => (await post(agent, `${url}/validate`, review(name))).json.response.allowed

  it('is ended by its own watchdog, which says whose review and which rule it was', async () => {
    const hanging = ask('hangs').then(
      () => 'answered',
      () => 'cut',
    )
    // What a shell or the kubelet calls exit code 154.
    expect(await ended).toEqual([null, 'SIGVTALRM'])
    expect(await hanging).toBe('cut')
    const line = JSON.parse(log.trim().split('\n').at(-1) ?? '')
    expect(line).toMatchObject({ level: 'fatal', instance: 'webhook-0', workspace: 'default/hangs', rule: 'test.slow' })
    expect(line.cpuMs).toBeGreaterThanOrEqual(2_000)
    console.log(JSON.stringify(line))
  }, 120_000)

  it('lives on when it is stopped for 20 s in the middle of a review, and idle for 3 s', async () => {
    const slow = ask('computes')
    await expect.poll(() => log, { timeout: 30_000, interval: 5 }).toContain('computing')
    for (const ms of [20_000, 3_000]) {
      child.kill('SIGSTOP')
      await sleep(ms)
      child.kill('SIGCONT')
      expect(await slow).toBe(true)
    }
    expect(await ask('phi')).toBe(true)
    expect(child.exitCode ?? child.signalCode).toBe(null)
    expect(log).not.toContain('does not return')
  }, 120_000)
})
