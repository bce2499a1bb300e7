import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readAdapterRecord } from '#src/contract/record.ts'
import type { AdapterFiles } from '#src/oci/image.ts'
import { errorCode } from '#src/oci/registry-error.ts'
import { CONFIG_FILE, WEIGHTS_FILE } from './adapter-files.ts'

/**
 * Why an adapter is not the one that this run has left; undefined where it is. A volume may be shared, and outlives the pod that
 * wrote to it: what another run, or a write that broke off, has left there must not be pushed under this one's name.
 */
export async function adapterFault(
  { config, weights }: AdapterFiles,
  { run, record }: { readonly run: string; readonly record: string },
): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(record, 'utf8')
  } catch (error) {
    return `${record} cannot be read (${errorCode(error)})`
  }
  const found = readAdapterRecord(text)
  if (found === undefined) return `${record} is not what the train step writes`
  if (found.run !== run) return `another run (${found.run}) has written to the same volume since`
  const digests = [
    [CONFIG_FILE, await sha256([config])],
    [WEIGHTS_FILE, await sha256(weights.open())],
  ] as const
  const changed = digests.filter(([name, digest]) => found.files[name] !== digest).map(([name]) => name)
  return changed.length === 0 ? undefined : `${changed.join(', ')} has changed since`
}

async function sha256(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
