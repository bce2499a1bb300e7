import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated/files.ts'

/**
 * Writes every generated file: `npm run generate`. With `--check` it writes nothing and fails when one is stale.
 * Nothing generated is ever edited by hand.
 */
const isCheck = process.argv.includes('--check')
const root = join(import.meta.dirname, '..', '..')
const stale: string[] = []

for (const { path, content } of await generatedFiles()) {
  const target = join(root, path)
  const before = await readFile(target, 'utf8').catch(() => undefined)
  if (before === content) continue
  stale.push(path)
  if (isCheck) continue
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, content)
}

if (!isCheck) console.log(stale.length === 0 ? 'nothing has changed' : `wrote ${stale.join(', ')}`)
else if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run: npm run generate`)
  process.exit(1)
}
