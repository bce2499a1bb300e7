/**
 * Cuts a zstd stream into pieces that never span two frames. Node's decompressor takes a new frame at the start of a
 * write but drops whatever follows the end of one within the same write; layers with several frames are common
 * (zstd:chunked, pzstd). Layout from RFC 8878, section 3.
 */
export async function* cutAtFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let state: State = { at: 'start' }
  let head: number[] = []
  let payload = 0
  for await (const chunk of source) {
    let from = 0
    for (let i = 0; i < chunk.length; ) {
      if (payload > 0) {
        const step = Math.min(payload, chunk.length - i)
        payload -= step
        i += step
      } else {
        head.push(chunk[i++] ?? 0)
        const next = readHead(state, head)
        if (next === undefined) continue
        head = []
        state = next.state
        payload = next.payload
      }
      if (payload === 0 && state.at === 'end') {
        yield chunk.subarray(from, i)
        from = i
        state = { at: 'start' }
      }
    }
    if (from < chunk.length) yield chunk.subarray(from)
  }
}

/** `end` is reached when the payload announced with it has passed. */
type State = { readonly at: 'start' | 'end' } | { readonly at: 'block'; readonly checksum: boolean }

interface Step {
  readonly state: State
  readonly payload: number
}

/** Undefined while more bytes of this header are needed. */
function readHead(state: State, head: readonly number[]): Step | undefined {
  if (state.at === 'block') return head.length < 3 ? undefined : readBlockHead(head, state.checksum)
  if (head.length < 5) return undefined
  const magic = littleEndian(head, 0, 4)
  if (magic >= SKIPPABLE && magic <= SKIPPABLE + 15) {
    return head.length < 8 ? undefined : { state: { at: 'end' }, payload: littleEndian(head, 4, 4) }
  }
  if (magic !== ZSTD) throw new Error('the layer is not valid zstd: no frame where one must start')
  const descriptor = head[4] ?? 0
  const single = (descriptor >> 5) & 1
  const sizes = [single, 2, 4, 8][descriptor >> 6] ?? 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0
  const length = 5 + (1 - single) + dictionary + sizes
  return head.length < length ? undefined : { state: { at: 'block', checksum: (descriptor & 4) !== 0 }, payload: 0 }
}

function readBlockHead(head: readonly number[], checksum: boolean): Step {
  const value = littleEndian(head, 0, 3)
  const isLast = (value & 1) === 1
  const isRepeat = ((value >> 1) & 3) === 1
  const payload = isRepeat ? 1 : value >> 3
  return isLast
    ? { state: { at: 'end' }, payload: payload + (checksum ? 4 : 0) }
    : { state: { at: 'block', checksum }, payload }
}

const ZSTD = 0xfd2fb528
const SKIPPABLE = 0x184d2a50

function littleEndian(bytes: readonly number[], from: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[from + i] ?? 0)
  return value
}
