/**
 * The name a download gets: `000-train.parquet`. The number keeps order and uniqueness; the rest is the URL's last
 * path part without anything that could leave the folder, hide the file or upset a tool.
 */
export function fileName(index: number, url: URL): string {
  const last = url.pathname.split('/').findLast((part) => part !== '') ?? ''
  const safe = decode(last)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
  // The end is kept, because readers tell the format by the extension.
  return `${String(index).padStart(3, '0')}-${safe.slice(-NAME_LIMIT) || 'data'}`
}

const NAME_LIMIT = 100

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
