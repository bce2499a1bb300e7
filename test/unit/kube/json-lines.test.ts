import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLines } from '#src/kube/json-lines.ts'

async function* chunks(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...at, bytes.length]) {
    yield bytes.subarray(from, to)
    from = to
  }
}

describe('jsonLines', () => {
  it('gives the same values however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat(5000)), async (values, cuts) => {
        const lines = values.map((value) => JSON.stringify(value))
        const seen: string[] = []
        for await (const value of jsonLines(chunks(Buffer.from(`${lines.join('\n')}\n`), cuts)))
          seen.push(JSON.stringify(value))
        expect(seen).toEqual(lines)
      }),
    )
  })

  it('leaves out a last line that was cut off, because the connection ended in it', async () => {
    const seen: unknown[] = []
    for await (const value of jsonLines(chunks(Buffer.from('{"a":1}\n{"b":'), []))) seen.push(value)
    expect(seen).toEqual([{ a: 1 }])
  })

  it('throws on a line that is not JSON', async () => {
    const read = async () => {
      for await (const _ of jsonLines(chunks(Buffer.from('oops\n'), []))) {
      }
    }
    await expect(read()).rejects.toThrow(SyntaxError)
  })
})
