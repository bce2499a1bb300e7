import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { BinarySource, Download } from './binary-catalog.ts'
import { runCommand } from './command.ts'

/** Origins that did not answer once are not asked again: a closed network must not cost a timeout per program. */
const unreachable = new Set<string>()

/** Puts the official release of a program at target. False, quietly, when the network does not offer it. */
export async function downloadBinary(source: BinarySource, target: string): Promise<boolean> {
  const { download } = source
  if (download === undefined) return false
  const origin = new URL(download.url).origin
  if (unreachable.has(origin)) return false
  const checksum = await fetchBytes(download.checksumUrl, 5_000)
  if (checksum === undefined) {
    unreachable.add(origin)
    return false
  }
  const bytes = await fetchBytes(download.url, 300_000)
  if (bytes === undefined || !isListed(bytes, checksum.toString(), basename(download.url))) return false
  return unpack(bytes, download, target)
}

async function fetchBytes(url: string, timeoutMs: number): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined
  } catch {
    return undefined
  }
}

function isListed(bytes: Buffer, checksums: string, file: string): boolean {
  const digest = createHash('sha256').update(bytes).digest('hex')
  const lines = checksums.trim().split('\n')
  return lines.some((line) => line.startsWith(digest) && (lines.length === 1 || line.includes(file)))
}

async function unpack(bytes: Buffer, download: Download, target: string): Promise<boolean> {
  const scratch = `${target}.download-${process.pid}`
  mkdirSync(scratch, { recursive: true })
  try {
    const file = join(scratch, 'file')
    writeFileSync(file, bytes)
    if (download.member !== undefined) {
      const argv = ['tar', '-xzf', file, '-C', scratch, '--no-same-owner', download.member]
      if ((await runCommand(argv)).code !== 0) return false
      copyFileSync(join(scratch, download.member), file)
    }
    chmodSync(file, 0o755)
    // A captive portal answers 200 with a page.
    if (readFileSync(file).subarray(1, 4).toString() !== 'ELF') return false
    mkdirSync(dirname(target), { recursive: true })
    renameSync(file, target)
    return true
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
