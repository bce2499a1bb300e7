import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { freePort } from '#examples/cluster/free-port.ts'
import { startEngineSample } from './engine-sample.ts'
import { gatewayVariable } from './gateway-rig.ts'

const MAIN = fileURLToPath(new URL('../../../src/gateway/main.ts', import.meta.url))

test('after SIGTERM the gateway finishes its answers, then ends with 0', async () => {
  const engine = await startEngineSample(['base'])
  let finish: (() => void) | undefined
  engine.stream = (response) => {
    response.write('data: 1\n\n')
    finish = () => response.end('data: 2\n\n')
  }
  const port = await freePort('0.0.0.0')
  const lifelinePort = await freePort()
  const settings = {
    port,
    lifelinePort,
    upstream: engine.url,
    drainSeconds: 0.2,
    graceSeconds: 20,
  }
  const env = { KAITO_GATEWAY: gatewayVariable(settings) }
  const child = spawn(process.execPath, [MAIN], { env, stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    await untilReady(port)
    const headers = { 'content-type': 'application/json' }
    const request = httpRequest({ port, path: '/v1/completions', method: 'POST', headers })
    request.end('{"model":"base","stream":true}')
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    await once(answer, 'data')
    child.kill('SIGTERM')
    const health = () =>
      fetch(`http://127.0.0.1:${port}/health`).then(
        () => 'answered',
        () => 'refused',
      )
    await expect.poll(health, { timeout: 15_000 }).toBe('refused')
    // Deaf, but alive: what waits for its end goes on waiting.
    expect(await isOpen(lifelinePort)).toBe(true)
    // Listening before it is sent: the end may come in the same tick as the data.
    const rest = once(answer, 'data')
    const end = once(answer, 'end')
    finish?.()
    expect(String((await rest)[0])).toBe('data: 2\n\n')
    await end
    expect((await ended)[0]).toBe(0)
    expect(await isOpen(lifelinePort)).toBe(false)
  } finally {
    child.kill('SIGKILL')
    await engine.stop()
  }
})

test('settings that cannot be read end it with 64', async () => {
  const child = spawn(process.execPath, [MAIN], { env: { KAITO_GATEWAY: '{}' }, stdio: 'ignore' })
  expect((await once(child, 'exit'))[0]).toBe(64)
})

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

async function untilReady(port: number): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const ok = await fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ok) return
    await delay(50)
  }
  throw new Error('the gateway did not become ready')
}
