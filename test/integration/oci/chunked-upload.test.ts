import { createHash, randomBytes } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '#examples/cluster/registry.ts'
import type { UploadState } from '#src/oci/chunked-upload.ts'
import { openRegistry } from '#src/oci/registry.ts'

/** What happens to the piece with this number, counted from 1. `split`: half of it arrives. `mute`: the answer is lost. */
type Fault = 'none' | 'drop' | 'split' | 'mute' | 'crash' | 'refuse'

let server: Registry
let between: Server | undefined
beforeAll(async () => {
  server = await startRegistry({ anonymous: true })
})
afterAll(() => server.stop())
afterEach(() => void between?.close())

const PIECE = 64 * 1024

/** A blob of ten pieces and a half, read in pieces of another size. */
function blob() {
  const bytes = randomBytes(10 * PIECE + PIECE / 2)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  let opened = 0
  const open = () => {
    opened += 1
    return Readable.from(Array.from({ length: 85 }, (_, i) => bytes.subarray(i * 8192, (i + 1) * 8192)))
  }
  return { bytes, digest, size: bytes.length, open, opened: () => opened }
}

/** The registry behind a line on which things happen. */
async function line(fault: (nth: number) => Fault) {
  const carried = { pieces: 0, bytes: 0, sessions: 0, puts: [] as number[] }
  between = createServer((request, response) => void pass(request, response))
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    if (request.method === 'POST') carried.sessions += 1
    if (request.method === 'PUT') carried.puts.push(body.length)
    const what = request.method === 'PATCH' ? fault(++carried.pieces) : 'none'
    if (what === 'refuse') return void response.writeHead(405).end()
    if (what === 'crash') {
      await server.kill()
      await server.start()
    }
    if (what === 'drop' || what === 'crash') return void request.socket.destroy()
    const [host, port] = server.url.split(':')
    const { url: path, method, headers } = request
    const onward = httpRequest({ host, port, path, method, headers }, (answer) => {
      if (what === 'mute') return void request.socket.destroy()
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => request.socket.destroy())
    if (what === 'split') {
      onward.write(body.subarray(0, body.length / 2), () => setTimeout(() => onward.destroy(), 200))
      return undefined
    }
    if (request.method === 'PATCH') carried.bytes += body.length
    onward.end(body)
    return undefined
  }
  await new Promise<void>((resolve) => between?.listen(0, '127.0.0.1', resolve))
  const address = between.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const registry = (attempts = 3) => openRegistry(host, { insecureRegistries: [host], attempts, chunkBytes: PIECE })
  return { carried, registry }
}

/** The registry's own copy. */
async function stored(repository: string, { digest, size }: { digest: string; size: number }): Promise<Buffer> {
  const registry = openRegistry(server.url, { insecureRegistries: [server.url] })
  try {
    const parts: Buffer[] = []
    for await (const part of registry.readBlob(repository, { mediaType: 'a', digest, size })) parts.push(part)
    return Buffer.concat(parts)
  } finally {
    await registry.close()
  }
}

describe('a large blob', () => {
  test.each<[string, Fault, { sessions: number; again: boolean }]>([
    ['goes in pieces', 'none', { sessions: 1, again: false }],
    ['goes on with the piece that did not arrive', 'drop', { sessions: 1, again: false }],
    ['goes on where it was after the registry has crashed', 'crash', { sessions: 1, again: false }],
    // This registry throws away what it got a part of, or of which its answer was lost.
    ['begins again where only a part of a piece arrived', 'split', { sessions: 2, again: true }],
    ['begins again where an answer was lost', 'mute', { sessions: 2, again: true }],
  ])('%s', async (_, fault, { sessions, again }) => {
    const made = blob()
    const { carried, registry } = await line((nth) => (nth === 6 ? fault : 'none'))
    const client = registry()
    expect(await client.putBlob('team/large', made)).toBe('uploaded')
    await client.close()
    expect((await stored('team/large', made)).equals(made.bytes)).toBe(true)
    expect(carried.sessions).toBe(sessions)
    expect(carried.bytes > made.size).toBe(again)
    expect(made.opened()).toBe(again ? 2 : 1)
  })

  test('goes on with the next try, also by another client, from where the last one was given up', async () => {
    const made = blob()
    let isAway = false
    const { carried, registry } = await line((nth) => {
      isAway ||= nth === 8
      return isAway ? 'drop' : 'none'
    })
    const state: UploadState = { offset: 0 }
    const first = registry(2)
    await expect(first.putBlob('team/later', made, state)).rejects.toMatchObject({ kind: 'network' })
    await first.close()
    expect(state.offset).toBe(7 * PIECE)
    isAway = false
    const second = registry()
    expect(await second.putBlob('team/later', made, state)).toBe('uploaded')
    await second.close()
    expect((await stored('team/later', made)).equals(made.bytes)).toBe(true)
    expect({ bytes: carried.bytes, sessions: carried.sessions }).toEqual({ bytes: made.size, sessions: 1 })
  })

  test('gives up on a line that always breaks at the same place', async () => {
    const { registry } = await line((nth) => (nth % 4 === 0 ? 'split' : 'none'))
    const client = registry()
    await expect(client.putBlob('team/never', blob())).rejects.toMatchObject({ name: 'RegistryError' })
    await client.close()
  })

  test('goes in one piece where the registry takes no others', async () => {
    const made = blob()
    const { carried, registry } = await line(() => 'refuse')
    const client = registry()
    expect(await client.putBlob('team/whole', made)).toBe('uploaded')
    await client.close()
    expect((await stored('team/whole', made)).equals(made.bytes)).toBe(true)
    expect(carried.puts).toEqual([made.size])
  })
})
