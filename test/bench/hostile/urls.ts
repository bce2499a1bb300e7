import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFetch } from '#jobs/steps/fetch/fetch.ts'
import type { Tally } from './tally.ts'

/** Addresses that no dataset may be fetched from. */
const ADDRESSES = [
  '127.0.0.1',
  '127.1.2.3',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '168.63.129.16',
  '100.100.100.200',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
]

/** Every way to write an IPv4 address that some client has been seen to understand. */
function spellings(address: string): string[] {
  const parts = address.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = parts
  const whole = ((a * 256 + b) * 256 + c) * 256 + d
  const hex = whole.toString(16).padStart(8, '0')
  const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`
  const octal = parts.map((part) => `0${part.toString(8)}`).join('.')
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${hex}`,
    octal,
    parts.map((part) => `0x${part.toString(16)}`).join('.'),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `[::ffff:${address}]`,
    `[::ffff:${groups}]`,
    `[::${groups}]`,
    `[64:ff9b::${groups}]`,
    `[2002:${groups}::1]`,
    address.replaceAll('.', '。'),
    address.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    `user:pass@${address}`,
  ]
}

const NAMES = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'kubernetes.default.svc.cluster.local.',
  'metadata.google.internal',
  'instance-data.ec2.internal',
  'router.lan',
  'printer.local',
  '[::1]',
  '[::]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[ff02::1]',
]

const SCHEMES = ['file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1/', 'data:,x', '//127.0.0.1/', 'unix:/x']

/** Datasets that stand where none may be: nothing may be asked of a server on this machine, whatever a name resolves to. */
export async function urlAttacks(): Promise<Tally> {
  let visits = 0
  const server = createServer((_request, response) => {
    visits++
    response.end('{"instruction":"a"}')
  })
  server.on('connection', () => visits++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const out = mkdtempSync(join(tmpdir(), 'hostile-'))
  const hosts = [...ADDRESSES.flatMap(spellings), ...NAMES, 'rebound.example.com', 'mixed.example.com']
  const urls = [...hosts.map((host) => `http://${host}:${port}/data.jsonl`), ...SCHEMES]
  // Every name leads here; one has a good address beside the bad one.
  const resolver = async (host: string) => [
    ...(host.startsWith('mixed') ? [{ address: '93.184.216.34', family: 4 }] : []),
    { address: '127.0.0.1', family: 4 },
  ]
  const lost: string[] = []
  for (const url of urls) {
    const before = visits
    const spec = { urls: [url], out, maxBytes: 1_000_000, allowPrivate: [] }
    const { ok } = await runFetch(spec, { resolver, attempts: 1 })
    if (ok || visits > before) lost.push(url)
  }
  server.closeAllConnections()
  server.close()
  rmSync(out, { recursive: true })
  return { attack: 'datasets at private, metadata and disguised addresses', tried: urls.length, lost }
}
