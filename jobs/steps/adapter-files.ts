import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { METRICS_FILE, RUN_FILE } from '#src/contract/run-record.ts'
import { defined } from '#src/lib/defined.ts'
import { parseJsonObject } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'
import type { AdapterFiles } from '#src/oci/image.ts'
import { errorCode } from '#src/oci/registry-error.ts'
import { checkSafetensors, headerLength, LENGTH_BYTES } from './safetensors.ts'

export const CONFIG_FILE = 'adapter_config.json'
export const WEIGHTS_FILE = 'adapter_model.safetensors'

export type AdapterConfigResult = Result<{ readonly bytes: Buffer; readonly config: Readonly<Record<string, unknown>> }>

/** What is known of the run that made an adapter. */
export interface AboutRun {
  readonly config: Readonly<Record<string, unknown>>
  /** The text of its record, where it has left one. */
  readonly record?: string
}

export type AdapterFilesResult = Result<{
  readonly files: AdapterFiles
  readonly tensors: number
  readonly about: AboutRun
}>

const SMALL = 1_048_576

/** Reads adapter_config.json; PEFT writes a few kilobytes, 1 MiB is the limit. */
export async function readAdapterConfig(folder: string): Promise<AdapterConfigResult> {
  const size = await sizeOf(join(folder, CONFIG_FILE))
  if (size === undefined) return { ok: false, reason: `there is no ${CONFIG_FILE} in ${folder}` }
  if (size > SMALL) return { ok: false, reason: `${CONFIG_FILE} is larger than 1 MiB` }
  const bytes = await readFile(join(folder, CONFIG_FILE))
  const config = parseJsonObject(bytes.toString('utf8'))
  return config === undefined
    ? { ok: false, reason: `${CONFIG_FILE} is not a JSON object` }
    : { ok: true, bytes, config }
}

/** The two files of an adapter, proven whole: what is not must never reach a registry. */
export async function readAdapter(folder: string): Promise<AdapterFilesResult> {
  const config = await readAdapterConfig(folder)
  if (!config.ok) return config
  const path = join(folder, WEIGHTS_FILE)
  const size = await sizeOf(path)
  if (size === undefined) return { ok: false, reason: `there is no ${WEIGHTS_FILE} in ${folder}` }
  const header = await readHeader(path, size)
  if (header === undefined) return { ok: false, reason: `${WEIGHTS_FILE} is not a safetensors file, or is cut short` }
  const check = checkSafetensors(header, size)
  if (!check.ok) return { ok: false, reason: `${WEIGHTS_FILE} is damaged: ${check.reason}` }
  const weights = { size, open: () => createReadStream(path, { highWaterMark: 1_048_576 }) }
  const [metrics, record] = await Promise.all([small(join(folder, METRICS_FILE)), small(join(folder, RUN_FILE))])
  return {
    ok: true,
    files: { config: config.bytes, weights, beside: defined({ [METRICS_FILE]: metrics }) },
    tensors: check.tensors,
    about: { config: config.config, ...defined({ record: record?.toString('utf8') }) },
  }
}

/** What an adapter need not have; undefined where it is not there, or larger than a run would leave it. */
async function small(path: string): Promise<Buffer | undefined> {
  const size = await sizeOf(path)
  return size === undefined || size > SMALL ? undefined : readFile(path)
}

async function readHeader(path: string, size: number): Promise<string | undefined> {
  const file = await open(path, 'r')
  try {
    const start = Buffer.alloc(LENGTH_BYTES)
    const { bytesRead } = await file.read(start, 0, LENGTH_BYTES, 0)
    const length = headerLength(start.subarray(0, bytesRead))
    if (length === undefined || LENGTH_BYTES + length > size) return undefined
    const header = Buffer.alloc(length)
    await file.read(header, 0, length, LENGTH_BYTES)
    return header.toString('utf8')
  } finally {
    await file.close()
  }
}

/** Of a regular file; undefined where there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path)
    return found.isFile() ? found.size : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}
