import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'

/** What the train step has written beside an adapter when it was whole and on the disk. By jobs/trainer/ended.py. */
export interface AdapterRecord {
  /** The run that has made it. */
  readonly run: string
  /** Name of a file -> its sha256, 64 hex digits. */
  readonly files: Readonly<Record<string, string>>
}

/** Undefined for what is none: anybody with a right to the volume may have written there. */
export function readAdapterRecord(text: string): AdapterRecord | undefined {
  const { run, files } = parseJsonObject(text) ?? {}
  if (typeof run !== 'string' || !isJsonObject(files)) return undefined
  const digests = Object.entries(files).flatMap(([name, digest]) =>
    typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest) ? [[name, digest] as const] : [],
  )
  return { run, files: Object.fromEntries(digests) }
}
