import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from 'undici'
import type { FetchEnd, FetchSpec } from '#src/contract/fetch.ts'
import { checkUrl, redactUrl } from '#src/lib/url-guard.ts'
import { guardedLookup, type Resolver } from '#src/oci/address-guard.ts'
import { LEAST_PACE, type Pace } from '#src/oci/pace.ts'
import { failed, type Outcome } from '../outcome.ts'
import { startProgress } from '../progress.ts'
import { download } from './download.ts'
import { fileName } from './file-name.ts'

/** What tests replace. */
export interface FetchDependencies {
  readonly resolver?: Resolver
  readonly attempts?: number
  readonly pace?: Pace
  readonly totalMs?: number
}

/** Downloads every URL into `out` and lists them in `out/manifest.json`. URLs are told without their query. */
export async function runFetch(spec: FetchSpec, dependencies: FetchDependencies = {}): Promise<Outcome<FetchEnd>> {
  const urls: URL[] = []
  for (const text of spec.urls) {
    const check = checkUrl(text, spec.allowPrivate)
    if (!check.ok) return failed('DatasetUnreachable', `the URL ${redactUrl(text)} is refused: ${check.reason}`)
    urls.push(check.url)
  }
  await mkdir(spec.out, { recursive: true })
  const agent = new Agent({
    connect: { timeout: 15_000, lookup: guardedLookup(spec.allowPrivate, dependencies.resolver) },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  })
  const progress = startProgress('fetch')
  const files: FetchedFile[] = []
  const { attempts = ATTEMPTS, pace = LEAST_PACE, totalMs = TOTAL_MS } = dependencies
  const until = performance.now() + totalMs
  let left = spec.maxBytes
  try {
    for (const [index, url] of urls.entries()) {
      const path = join(spec.out, fileName(index, url))
      const options = { agent, allowPrivate: spec.allowPrivate, maxBytes: left, attempts, progress, pace, until }
      const result = await download(url, path, options)
      if (!result.ok) return failed(result.reason, `${redactUrl(url)}: ${result.message}`)
      left -= result.bytes
      files.push({ url: redactUrl(url), path, bytes: result.bytes, sha256: result.sha256 })
    }
  } finally {
    await agent.destroy()
  }
  progress.finish()
  await writeManifest(spec.out, files)
  return { ok: true, result: { files } }
}

interface FetchedFile {
  readonly url: string
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Longest wait for the next byte. */
const SILENCE_MS = 60_000
/** With the pauses between them these span about half a minute of an unreachable server. */
const ATTEMPTS = 6
/** For all files: the largest dataset that is taken by default at 5 MiB a second. The GPU's node waits, and is paid for. */
const TOTAL_MS = 6 * 3_600_000

async function writeManifest(out: string, files: readonly FetchedFile[]): Promise<void> {
  const path = join(out, 'manifest.json')
  await writeFile(`${path}.part`, JSON.stringify({ files }, null, 2))
  await rename(`${path}.part`, path)
}
