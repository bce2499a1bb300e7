import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyLayer, type Unpacking } from '#jobs/steps/unpack/layer.ts'
import { linkStaysInside } from '#jobs/steps/unpack/scoped-path.ts'
import { type SampleEntry, tarOf } from '#test/integration/steps/image-sample.ts'
import type { Tally } from './tally.ts'

const ESCAPING = [
  '../evil',
  'a/../../evil',
  '/evil',
  '/../evil',
  './../evil',
  'a/b/../../../evil',
  '../out/victim',
  '..//evil',
  '.wh...',
]

const KINDS: readonly ((name: string) => SampleEntry)[] = [
  (name) => ({ name, content: 'changed' }),
  (name) => ({ name, type: 'directory' }),
  (name) => ({ name, type: 'symlink', linkname: '../out' }),
  (name) => ({ name, type: 'link', linkname: '../out/victim' }),
]

/** Where a link of the image points to, and what is then done through it. */
const TARGETS = ['../out', './../out', 'a/../../out', '../root/../out', 'OUT', 'chained']
const THROUGH: readonly SampleEntry[] = [
  { name: 'l/evil', content: 'changed' },
  { name: 'l/victim', content: 'changed' },
  { name: 'l/evil', type: 'directory' },
  { name: 'l/.wh.victim', content: '' },
  { name: 'l/.wh..wh..opq', content: '' },
  { name: 'h', type: 'link', linkname: 'l/victim' },
]

const LINKED = TARGETS.flatMap((target) =>
  THROUGH.map((then): SampleEntry[] => [
    { name: 'a', type: 'directory' },
    { name: 'm', type: 'symlink', linkname: '../out' },
    { name: 'l', type: 'symlink', linkname: target === 'chained' ? 'm' : target },
    then,
  ]),
)

/** Image layers that would write, link or delete outside of the folder that they are unpacked into. */
export async function archiveAttacks(): Promise<Tally> {
  const cases = [...ESCAPING.flatMap((name) => KINDS.map((kind) => [kind(name)])), ...LINKED]
  const lost: string[] = []
  for (const entries of cases) {
    const base = mkdtempSync(join(tmpdir(), 'hostile-'))
    const [root, out] = [join(base, 'root'), join(base, 'out')]
    mkdirSync(root)
    mkdirSync(out)
    writeFileSync(join(out, 'victim'), 'whole')
    const placed = entries.map((entry) => (entry.linkname === 'OUT' ? { ...entry, linkname: out } : entry))
    if (!(await isRefused(await tarOf(placed), root)) || !isUnharmed(base, out)) {
      lost.push(placed.map(({ type = 'file', name, linkname }) => `${type} ${name} ${linkname ?? ''}`).join(', '))
    }
    rmSync(base, { recursive: true })
  }
  return { attack: 'image layers that leave their folder', tried: cases.length, lost }
}

/** An image with a link that leads out is refused as a whole, at its end at the latest; one without such is harmless. */
async function isRefused(tar: Buffer, root: string): Promise<boolean> {
  const unpacking: Unpacking = { root, maxEntries: 100, entries: 0, files: 0, skipped: 0, links: new Set() }
  try {
    await applyLayer(
      (async function* () {
        yield tar
      })(),
      unpacking,
    )
  } catch {
    return true
  }
  for (const path of unpacking.links) {
    const leads = lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true
    if (leads && !(await linkStaysInside(root, path.split('/')))) return true
  }
  return isInside(root)
}

/** Everything that was unpacked is a file or folder of its own. */
const isInside = (root: string): boolean =>
  readdirSync(root, { withFileTypes: true, recursive: true }).every((entry) => {
    const found = lstatSync(join(entry.parentPath, entry.name))
    return found.isDirectory() || (found.isFile() && found.nlink === 1)
  })

function isUnharmed(base: string, out: string): boolean {
  if (readdirSync(base).toSorted().join() !== 'out,root' || readdirSync(out).join() !== 'victim') return false
  const victim = join(out, 'victim')
  return readFileSync(victim, 'utf8') === 'whole' && lstatSync(victim).nlink === 1 && !existsSync('/evil')
}
