import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeWithParent } from './parent-exit.ts'

/** A fresh folder that disappears with this process at the latest. */
export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kaito-${name}-`))
  removeWithParent(folder)
  return folder
}
