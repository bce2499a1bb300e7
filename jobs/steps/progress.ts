import { byteProgressLine } from '#src/contract/lines.ts'

/** Prints `{"kaito":"progress",…}` lines about bytes moved, at most one per second, for the operator to read. */
export interface ByteProgress {
  add(bytes: number): void
  /** Raises the known total; without any, `totalBytes` is null. */
  expect(bytes: number): void
  /** Prints the last state. */
  finish(): void
}

export function startProgress(phase: string, print: (line: string) => void = console.log): ByteProgress {
  let bytes = 0
  let totalBytes: number | null = null
  // What is over at once says nothing: a try that is refused again does not look like one that goes on.
  let printedAt = performance.now()
  const line = () => print(byteProgressLine({ phase, bytes, totalBytes }))
  return {
    add(count) {
      bytes += count
      const now = performance.now()
      if (now - printedAt < 1000) return
      printedAt = now
      line()
    },
    expect(count) {
      totalBytes = (totalBytes ?? 0) + count
    },
    finish: line,
  }
}
