/** No object exceeds etcd's request limit (1.5 MiB by default); far beyond it something is wrong with the stream. */
const maxLineBytes = 32 * 1024 * 1024

/** The JSON values of a stream that has one per line. Bytes are split before decoding, so no character is cut. */
export async function* jsonLines(body: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      const line = Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      start = end + 1
      if (line.trim() !== '') yield JSON.parse(line)
    }
    size += chunk.length - start
    if (size > maxLineBytes) throw new Error(`a line of the stream exceeds ${maxLineBytes} bytes`)
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
}
