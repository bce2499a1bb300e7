import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '#examples/cluster/free-port.ts'
import { peakRssMiB } from '#test/bench/measure/process-cost.ts'
import { eventually } from '#test/support/eventually.ts'
import { type EngineSample, startEngineSample } from './engine-sample.ts'
import { gatewayVariable } from './gateway-rig.ts'

const MIB = 1_048_576
/** Of the container, and the heap that Node takes of it. */
const CONTAINER_MIB = 512
const HEAP = '--max-old-space-size=256'

/** The gateway as a pod runs it, in a process of its own. */
describe('a gateway under attack', () => {
  let engine: EngineSample
  let child: ChildProcess
  let url: string
  let port: number

  beforeAll(async () => {
    engine = await startEngineSample(['base'])
    port = await freePort()
    url = `http://127.0.0.1:${port}`
    child = spawn(process.execPath, [HEAP, join(import.meta.dirname, '../../../src/gateway/main.ts')], {
      env: { ...process.env, KAITO_GATEWAY: gatewayVariable({ upstream: engine.url, port }) },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    await eventually('the gateway answers', () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  })
  afterAll(async () => {
    child.kill('SIGKILL')
    await engine.stop()
  })

  const chat = async (body: string) => {
    const answer = await fetch(`${url}/chat`, { method: 'POST', body })
    await answer.body?.cancel()
    return answer.status
  }
  const sound = () => {
    expect(child.exitCode ?? child.signalCode).toBe(null)
    expect(peakRssMiB(child.pid ?? 0)).toBeLessThan(CONTAINER_MIB)
  }

  it.each([
    ['nested 20,000 levels deep', `{"messages":[${'['.repeat(20_000)}${']'.repeat(20_000)}]}`, 400],
    ['of 600,000 messages', `{"messages":[${Array(600_000).fill('{}').join(',')}]}`, 400],
    ['larger than 2 MiB', JSON.stringify({ prompt: 'x'.repeat(2 * MIB) }), 413],
    ['that is long', JSON.stringify({ prompt: 'x'.repeat(MIB) }), 200],
  ])('answers a /chat body %s', async (_what, body, status) => {
    expect(await chat(body)).toBe(status)
    sound()
  })

  it('serves everybody else while 40 bodies of 31 MiB do not end', async () => {
    const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'))
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.resume()
      socket.write(
        `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${31 * MIB}\r\n\r\n`,
      )
      socket.write(Buffer.alloc(31 * MIB - 10, ' '))
    }
    const codes: number[] = []
    for (let index = 0; index < 20; index++) codes.push(await chat('{"prompt":"hello"}'))
    expect(codes).toEqual(Array(20).fill(200))
    // All but a few have been told to go, and those few are all that is held.
    await eventually('most are gone', async () => sockets.filter(({ destroyed }) => destroyed).length >= 36)
    sound()
    for (const socket of sockets) socket.destroy()
  })

  it('holds nothing of what was sent to a path that is none', async () => {
    const body = JSON.stringify({ model: 'base', prompt: 'x'.repeat(30 * MIB) })
    for (let index = 0; index < 5; index++) {
      const answer = await fetch(`${url}/no/such/path`, { method: 'POST', body }).catch(() => undefined)
      await answer?.body?.cancel()
    }
    expect((await fetch(`${url}/v1/completions`, { method: 'POST', body })).status).toBe(200)
    sound()
  })
})
