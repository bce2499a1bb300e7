import { isJsonObject, parseJson } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'

/** Whether a file is whole, judged by its header alone: what is declared must be exactly what is there. */
export type SafetensorsCheck = Result<{ readonly tensors: number }>

/** Bytes to read first: the length of the header. */
export const LENGTH_BYTES = 8

/** The header's length from the first 8 bytes, or undefined where no safetensors file starts so (limit of the format: 100 MB). */
export function headerLength(start: Buffer): number | undefined {
  if (start.length < LENGTH_BYTES) return undefined
  const length = start.readBigUInt64LE(0)
  return length >= 2n && length <= 100_000_000n ? Number(length) : undefined
}

/** Checks a header's JSON against the size of the whole file. */
export function checkSafetensors(header: string, fileSize: number): SafetensorsCheck {
  const root = parseJson(header)
  if (!isJsonObject(root)) return { ok: false, reason: 'its header is not a JSON object' }
  const data = fileSize - LENGTH_BYTES - Buffer.byteLength(header)
  const spans: [from: number, to: number][] = []
  for (const [name, tensor] of Object.entries(root)) {
    if (name === '__metadata__') continue
    const span = spanOf(tensor)
    if (span === undefined)
      return { ok: false, reason: `the tensor "${name}" has no valid dtype, shape and data_offsets` }
    spans.push(span)
  }
  if (spans.length === 0) return { ok: false, reason: 'it holds no tensor' }
  let end = 0
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (from !== end) return { ok: false, reason: `its tensors overlap or leave a gap at byte ${end}` }
    end = to
  }
  if (end !== data) return { ok: false, reason: `it declares ${end} bytes of tensors and holds ${data}` }
  return { ok: true, tensors: spans.length }
}

/** Bits per element. A type that is not listed here is taken without checking its size. */
const BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
}

function spanOf(tensor: unknown): [number, number] | undefined {
  if (!isJsonObject(tensor) || typeof tensor['dtype'] !== 'string') return undefined
  const shape = naturals(tensor['shape'])
  const offsets = naturals(tensor['data_offsets'])
  const [from, to] = offsets ?? []
  if (shape === undefined || from === undefined || to === undefined || offsets?.length !== 2 || to < from)
    return undefined
  const bits = BITS[tensor['dtype']]
  const elements = shape.reduce((product, size) => product * size, 1)
  return bits === undefined || (elements * bits) / 8 === to - from ? [from, to] : undefined
}

function naturals(value: unknown): number[] | undefined {
  const isList = Array.isArray(value) && value.every((n): n is number => Number.isSafeInteger(n) && n >= 0)
  return isList ? value : undefined
}
