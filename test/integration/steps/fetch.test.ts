import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runFetch } from '#jobs/steps/fetch/fetch.ts'
import { runStep, scratchFolder } from './step-run.ts'

const DATA = Buffer.from('row '.repeat(50_000))
const LOOPBACK = ['127.0.0.1', '::1']
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

let server: Server
let base: string
let out: string
let visits: IncomingMessage[]
const pages = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()

beforeAll(async () => {
  server = createServer((request, response) => {
    visits.push(request)
    const page = pages.get((request.url ?? '').split('?')[0] ?? '')
    if (page) page(request, response)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  pages.set('/data.parquet', (_, response) => response.writeHead(200, { 'content-length': DATA.length }).end(DATA))
})
beforeEach(async () => {
  visits = []
  out = await scratchFolder()
  return () => rm(out, { recursive: true })
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
})

const spec = (urls: string[], more: object = {}) => ({
  urls,
  out,
  maxBytes: 10_000_000,
  allowPrivate: LOOPBACK,
  ...more,
})

describe('the fetch step', () => {
  test('downloads every file under a safe name of its own, with size and digest', async () => {
    pages.set('/other/data.parquet', (_, response) => response.end('second'))
    const urls = [`${base}/data.parquet?sig=SECRET`, `${base}/other/data.parquet`]
    const { code, message, log } = await runStep('fetch', spec(urls))
    expect(code).toBe(0)
    const files = [
      { url: `${base}/data.parquet?…`, path: join(out, '000-data.parquet'), bytes: DATA.length, sha256: sha256(DATA) },
      {
        url: `${base}/other/data.parquet`,
        path: join(out, '001-data.parquet'),
        bytes: 6,
        sha256: sha256(Buffer.from('second')),
      },
    ]
    expect(message.result).toEqual({ files })
    expect(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))).toEqual({ files })
    expect((await readdir(out)).toSorted()).toEqual(['000-data.parquet', '001-data.parquet', 'manifest.json'])
    expect(sha256(await readFile(join(out, '000-data.parquet')))).toBe(sha256(DATA))
    expect(log).toContain('"kaito":"progress","phase":"fetch"')
    expect(log).not.toContain('SECRET')
  })

  test('follows redirects, and checks each of them', async () => {
    pages.set('/moved', (_, response) => response.writeHead(302, { location: '/data.parquet' }).end())
    expect((await runStep('fetch', spec([`${base}/moved`]))).code).toBe(0)
    pages.set('/to-metadata', (_, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    )
    const refused = await runStep('fetch', spec([`${base}/to-metadata`]))
    expect(refused).toMatchObject({ code: 66, message: { reason: 'DatasetUnreachable' } })
    expect(refused.message.message).toMatch(/after a redirect to 169\.254\.169\.254\).*metadata/)
  })

  test('a redirect from an allowed server to loopback is refused, and nothing is sent there', async () => {
    const allowed = createServer((_, response) => response.writeHead(302, { location: `${base}/data.parquet` }).end())
    allowed.listen(0, '127.0.0.2')
    await once(allowed, 'listening')
    const start = `http://127.0.0.2:${(allowed.address() as AddressInfo).port}/start`
    const { code, message } = await runStep('fetch', spec([start], { allowPrivate: ['127.0.0.2'] }))
    expect({ code, reason: message.reason }).toEqual({ code: 66, reason: 'DatasetUnreachable' })
    expect(message.message).toMatch(/after a redirect to 127\.0\.0\.1:\d+\): 127\.0\.0\.1 is not a public address/)
    expect(visits).toEqual([])
    expect((await runStep('fetch', spec([start], { allowPrivate: ['127.0.0.0/8'] }))).code).toBe(0)
    allowed.close()
  })

  test('a public name that resolves to a private address is refused before anything is sent', async () => {
    const asked: string[] = []
    const resolver = async (host: string) => {
      asked.push(host)
      return [
        { address: '93.184.215.14', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]
    }
    const { port } = server.address() as AddressInfo
    const outcome = await runFetch(spec([`http://data.example.com:${port}/data.parquet`], { allowPrivate: [] }), {
      resolver,
    })
    expect(outcome).toMatchObject({ ok: false, reason: 'DatasetUnreachable' })
    expect(!outcome.ok && outcome.message).toMatch(
      /"data\.example\.com\.?" resolves to an address that is refused: 127\.0\.0\.1/,
    )
    expect(visits).toEqual([])
    // Absolute, so that the pod's search domains stay out.
    expect(asked).toEqual(['data.example.com.'])
  })

  test('an allowed name may be private and is dialled at the checked address', async () => {
    const { port } = server.address() as AddressInfo
    const resolver = async () => [{ address: '127.0.0.1', family: 4 }]
    const allowPrivate = ['datasets.kaito.local', '127.0.0.0/8']
    const outcome = await runFetch(spec([`http://datasets.kaito.local:${port}/data.parquet`], { allowPrivate }), {
      resolver,
    })
    expect(outcome.ok).toBe(true)
    expect(visits[0]?.headers.host).toBe(`datasets.kaito.local:${port}`)
  })

  test.each([
    'http://localhost/x',
    'http://2130706433/x',
    'http://[::1]/x',
    'http://kubernetes.default.svc/x',
    'file:///etc/passwd',
  ])('refuses %s with 66', async (url) => {
    const { code, message } = await runStep('fetch', spec([url], { allowPrivate: [] }))
    expect({ code, reason: message.reason }).toEqual({ code: 66, reason: 'DatasetUnreachable' })
  })

  test('a broken download goes on where it stopped', async () => {
    const half = DATA.length / 2
    pages.set('/flaky', (request, response) => {
      const head = { etag: '"v1"', 'accept-ranges': 'bytes' }
      if (request.headers.range === undefined) {
        response.writeHead(200, { ...head, 'content-length': DATA.length })
        response.write(DATA.subarray(0, half), () => response.destroy())
        return
      }
      expect(request.headers['if-range']).toBe('"v1"')
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range)?.[1])
      const rest = DATA.subarray(from)
      const range = `bytes ${from}-${DATA.length - 1}/${DATA.length}`
      response.writeHead(206, { ...head, 'content-length': rest.length, 'content-range': range }).end(rest)
    })
    const outcome = await runFetch(spec([`${base}/flaky`]))
    expect(outcome).toMatchObject({ ok: true, result: { files: [{ bytes: DATA.length, sha256: sha256(DATA) }] } })
    expect(visits).toHaveLength(2)
    expect(Number(/\d+/.exec(visits[1]?.headers.range ?? '')?.[0])).toBeGreaterThan(0)
  })

  test('a file that changed in between is read anew, never mixed', async () => {
    const fresh = Buffer.from('new '.repeat(60_000))
    pages.set('/changed', (request, response) => {
      if (request.headers.range === undefined) {
        response.writeHead(200, { etag: '"v1"', 'content-length': DATA.length })
        response.write(DATA.subarray(0, 50_000), () => response.destroy())
      } else response.writeHead(200, { etag: '"v2"', 'content-length': fresh.length }).end(fresh)
    })
    const outcome = await runFetch(spec([`${base}/changed`]))
    expect(outcome).toMatchObject({ ok: true, result: { files: [{ bytes: fresh.length, sha256: sha256(fresh) }] } })
    expect(sha256(await readFile(join(out, '000-changed')))).toBe(sha256(fresh))
  })

  test('a server that drips is left, also one that begins another version with every byte', async () => {
    let version = 0
    pages.set('/drip', (_, response) => {
      response.writeHead(200, { 'content-length': DATA.length })
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    pages.set('/etags', (_, response) => {
      response.writeHead(200, { etag: `"v${++version}"`, 'content-length': DATA.length })
      response.write('x', () => response.destroy())
    })
    const pace = { graceMs: 1_500, bytesPerSecond: 10_000 }
    for (const path of ['/drip', '/etags']) {
      const outcome = await runFetch(spec([base + path]), { pace, attempts: 1_000 })
      expect(outcome).toMatchObject({ ok: false, reason: 'DatasetUnreachable' })
      expect(!outcome.ok && outcome.message).toMatch(/too slow: \d+ bytes in \d+ s/)
    }
  })

  test('all files together have their time, however fast they come', async () => {
    const outcome = await runFetch(spec([`${base}/data.parquet`]), { totalMs: -1 })
    expect(!outcome.ok && outcome.message).toMatch(/all the time that it may take/)
  })

  test('a server in trouble is asked again', async () => {
    let times = 0
    pages.set('/busy', (_, response) => (++times < 3 ? response.writeHead(503).end() : response.end('ok')))
    expect(await runFetch(spec([`${base}/busy`]))).toMatchObject({ ok: true })
    expect(times).toBe(3)
  })

  test.each([
    ['/gone', 404, 66, /does not exist \(404\); check the URL/],
    ['/private', 403, 66, /refuses access \(403\)/],
  ])('%s is not asked twice', async (path, status, exit, words) => {
    pages.set(path, (_, response) => response.writeHead(status).end())
    const { code, message } = await runStep('fetch', spec([`${base}${path}`]))
    expect(code).toBe(exit)
    expect(message.message).toMatch(words)
    expect(visits).toHaveLength(1)
  })

  test('too much is refused, announced or not, and leaves no file', async () => {
    const announced = await runFetch(spec([`${base}/data.parquet`], { maxBytes: 1000 }))
    expect(announced).toMatchObject({ ok: false, reason: 'DatasetInvalid' })
    expect(!announced.ok && announced.message).toMatch(/its 200000 bytes would pass the limit of 1000 bytes/)
    pages.set('/endless', (_, response) => {
      const more = () => response.write(Buffer.alloc(65_536), more)
      more()
    })
    const endless = await runFetch(spec([`${base}/endless`], { maxBytes: 1_000_000 }))
    expect(endless).toMatchObject({ ok: false, reason: 'DatasetInvalid' })
    expect((await readdir(out)).filter((name) => !name.endsWith('.part'))).toEqual([])
  })

  test('the limit is for all files together', async () => {
    const both = [`${base}/data.parquet`, `${base}/data.parquet`]
    const outcome = await runFetch(spec(both, { maxBytes: DATA.length + 5 }))
    expect(!outcome.ok && outcome.message).toMatch(/limit of 5 bytes left/)
  })

  test('a web page, an empty file and a compressed transfer are no datasets', async () => {
    pages.set('/blob/x.parquet', (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    )
    pages.set('/empty', (_, response) => response.end())
    pages.set('/gzipped', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    expect(await runFetch(spec([`${base}/blob/x.parquet`]))).toMatchObject({
      reason: 'DatasetInvalid',
      message: expect.stringContaining('/resolve/'),
    })
    expect(await runFetch(spec([`${base}/empty`]))).toMatchObject({
      reason: 'DatasetInvalid',
      message: expect.stringContaining('empty'),
    })
    expect(await runFetch(spec([`${base}/gzipped`]))).toMatchObject({
      reason: 'DatasetInvalid',
      message: expect.stringContaining('Content-Encoding'),
    })
  })

  test('a spec with faults tells all of them and ends with 64', async () => {
    const { code, message } = await runStep('fetch', { urls: [], out: 'relative', maxBytes: -1 })
    expect(code).toBe(64)
    expect(message).toEqual({
      reason: 'ConfigInvalid',
      message:
        'KAITO_STEP: allowPrivate is missing; urls must NOT have fewer than 1 items; out must be an absolute path without ".."; maxBytes must be >= 1',
    })
  })
})
