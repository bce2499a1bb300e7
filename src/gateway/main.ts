import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { gatewayMessage } from '#src/contract/gateway.ts'
import { readMessage } from '#src/contract/read.ts'
import { buildGateway } from './server.ts'

const parsed = readMessage(gatewayMessage, process.env[gatewayMessage.variable])
if (!parsed.ok) {
  console.error(parsed.reason)
  process.exit(64)
}
const config = parsed.value
const gateway = buildGateway(config)
// Both families where the node has IPv6, else IPv4 alone.
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'))
await gateway.server.listen({ host: hasIpv6 ? '::' : '0.0.0.0', port: config.port })

// Nobody speaks on it. It closes with the process, when the last answer is out.
if (config.lifelinePort > 0) createServer().listen(config.lifelinePort, '127.0.0.1')

let stopping = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return
    stopping = true
    void drain()
  })
}

/** Not ready at once, deaf after the endpoints had time to notice, gone when the last answer is out or time is up. */
async function drain(): Promise<void> {
  gateway.startDraining()
  await delay(config.drainSeconds * 1000)
  const closed = gateway.server.close().then(() => true)
  const inTime = await Promise.race([closed, delay(config.graceSeconds * 1000, false)])
  if (!inTime) console.error(`answers still open after ${config.graceSeconds} s are cut off`)
  process.exit(0)
}
