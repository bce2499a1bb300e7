import { TAKEN_FOLDERS } from '#src/contract/mounts.ts'

/**
 * Why a training run must not write to this folder, or undefined. A relative path means below /mnt, as upstream has it.
 * Compared by whole path parts: /mntevil is not below /mnt.
 */
export function outputDirFault(path: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not pass
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'a path holds no control characters or backslashes'
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return 'a path must not climb with ".."'
  const below = path.startsWith('/') ? parts.slice(1) : parts
  if (path.startsWith('/') && parts[0] !== 'mnt') return 'it must be below /mnt, where the volume for results is'
  const folder = below[0]
  if (folder === undefined) return 'it must be a folder below /mnt, not /mnt itself'
  if (TAKEN_FOLDERS.includes(folder)) return `/mnt/${folder} is used for something else`
  return undefined
}
