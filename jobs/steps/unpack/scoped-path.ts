import { lstat, mkdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '#src/oci/registry-error.ts'

/**
 * The real directory that `parts` mean below `root`, with every link on the way followed as if `root` were `/`.
 * The answer is always inside `root`, whatever links the image brought. `create` makes what is missing; without it
 * undefined means there is no such directory. Throws where a file is in the way.
 */
export async function scopedDirectory(
  root: string,
  parts: readonly string[],
  mode: 'create' | 'find',
): Promise<string | undefined> {
  const inside: string[] = []
  const pending = [...parts]
  let links = 0
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      inside.pop()
      continue
    }
    const path = join(root, ...inside, part)
    const found = await lstatOrUndefined(path)
    if (found?.isSymbolicLink()) {
      if (++links > LINK_LIMIT) throw new Error(`more than ${LINK_LIMIT} links on the way to ${parts.join('/')}`)
      const target = await readlink(path)
      if (target.startsWith('/')) inside.length = 0
      pending.unshift(...target.split('/'))
      continue
    }
    if (found === undefined && mode === 'find') return undefined
    if (found === undefined) await mkdir(path, 0o755)
    else if (!found.isDirectory()) {
      if (mode === 'find') return undefined
      throw new Error(`${parts.join('/')} lies below a file (${part})`)
    }
    inside.push(part)
  }
  return join(root, ...inside)
}

/** True where a link never leaves `root`, whoever follows it from outside. A dangling link inside is fine. */
export async function linkStaysInside(root: string, link: readonly string[]): Promise<boolean> {
  const inside: string[] = []
  const pending = [...link]
  let links = 0
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (inside.pop() === undefined) return false
      continue
    }
    const path = join(root, ...inside, part)
    const found = await lstatOrUndefined(path)
    if (found?.isSymbolicLink()) {
      const target = await readlink(path)
      // A loop goes nowhere, so it does not leave either.
      if (++links > LINK_LIMIT) return true
      if (target.startsWith('/')) return false
      pending.unshift(...target.split('/'))
    } else inside.push(part)
  }
  return true
}

/** The entry itself, links not followed; undefined where nothing is there. */
export async function lstatOrUndefined(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What Linux itself follows before it says ELOOP. */
const LINK_LIMIT = 40
