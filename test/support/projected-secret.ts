import { existsSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * Shows files in a folder as the kubelet shows a Secret: each content in a new folder, then one rename of the symbolic link
 * that everything is read through, so that all files change at once.
 */
export function projectSecret(folder: string, files: ReadonlyMap<string, string | Buffer>): void {
  mkdirSync(folder, { recursive: true })
  const version = mkdtempSync(join(folder, '..version-'))
  for (const [name, content] of files) writeFileSync(join(version, name), content)
  const isFirst = !existsSync(join(folder, '..data'))
  symlinkSync(basename(version), join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  if (isFirst) for (const name of files.keys()) symlinkSync(join('..data', name), join(folder, name))
}
