import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A limit of memory that the kernel holds processes to, as a container runtime sets it; or as near to that as can be had here. */
export interface Container {
  /** What holds the limit, in words. */
  readonly by: string
  /** The command line that runs a program of Node inside. */
  inside(argv: readonly string[]): readonly string[]
  /** What Node has to be told besides; empty where it sees the limit itself. */
  readonly nodeOptions: string
  /** The most that was charged to it so far, files in the page cache included. Undefined where nothing counts that. */
  peakMiB(): number | undefined
  /** How often the kernel ended a process of it for its memory. */
  kills(): number
  /** To be called when everything inside has ended. */
  remove(): void
}

const ROOT = '/sys/fs/cgroup'
const MIB = 1_048_576
const ENTER = fileURLToPath(new URL('./enter-container.ts', import.meta.url))

/** Makes a memory cgroup, of version 2 or 1; where that may not be done, Node's own heap limit has to do. */
export function makeContainer(name: string, limitMiB: number): Container {
  const folder = `kaito-bench-${process.pid}-${name}`
  for (const make of [version2, version1]) {
    const container = make(folder, limitMiB)
    if (container !== undefined) return container
  }
  return {
    by: `no cgroup could be made: Node's heap is held to ${limitMiB / 2} MiB, which is what it takes of such a container`,
    inside: (argv) => argv,
    nodeOptions: `--max-old-space-size=${limitMiB / 2}`,
    peakMiB: () => undefined,
    kills: () => 0,
    remove: () => {},
  }
}

interface Files {
  readonly version: string
  readonly limit: string
  readonly peak: string
  readonly events: string
}

function version2(folder: string, limitMiB: number): Container | undefined {
  if (!existsSync(join(ROOT, 'cgroup.controllers'))) return undefined
  try {
    writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory')
  } catch {
    // It may be on already; else the file of the limit will be missing.
  }
  const files = { version: 'cgroup v2', limit: 'memory.max', peak: 'memory.peak', events: 'memory.events' }
  return cgroup(join(ROOT, folder), limitMiB, files)
}

function version1(folder: string, limitMiB: number): Container | undefined {
  const files = {
    version: 'cgroup v1',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
  }
  return cgroup(join(ROOT, 'memory', folder), limitMiB, files)
}

function cgroup(path: string, limitMiB: number, files: Files): Container | undefined {
  try {
    mkdirSync(path)
    writeFileSync(join(path, files.limit), String(limitMiB * MIB))
  } catch {
    return undefined
  }
  const text = (file: string) => readFileSync(join(path, file), 'utf8')
  const [node] = process.argv
  return {
    by: `${files.version}, memory ${limitMiB} MiB`,
    inside: ([, ...rest]) => [node ?? '', ENTER, join(path, 'cgroup.procs'), ...rest],
    nodeOptions: '',
    peakMiB: () => (existsSync(join(path, files.peak)) ? Number(text(files.peak)) / MIB : undefined),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(text(files.events))?.[1] ?? 0),
    remove: () => {
      try {
        rmdirSync(path)
      } catch {
        // Something inside has not ended yet; an empty cgroup that stays costs nothing.
      }
    },
  }
}
