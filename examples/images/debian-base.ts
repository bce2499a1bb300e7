import { join } from 'node:path'
import { mustRun } from '#examples/cluster/command.ts'
import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import { type Progress, withHeartbeat } from '#examples/cluster/progress.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { isLocal } from './store.ts'
import { type ImageTool, runTool } from './tool.ts'

/** The base of all images, and what to hash for it. */
export interface DebianBase {
  readonly image: string
  readonly identity: string
}

const SUITE = 'bookworm'
const OFFICIAL = `docker.io/library/debian:${SUITE}-slim`
const OWN = `localhost/kaito-ts/debian:${SUITE}-slim-1`
/** What Debian's official slim image leaves out too. */
const SLIM = ['locale', 'man', 'doc', 'info', 'lintian'].map((name) => `path-exclude=/usr/share/${name}/*`)

/** Debian bookworm: the official image where Docker Hub answers, else the same made from the package archive (20 s, once). */
export async function debianBase(tool: ImageTool, progress: Progress): Promise<DebianBase> {
  if (await isLocal(tool, OWN)) return { image: OWN, identity: OWN }
  if (await dockerHubAnswers()) {
    if (!(await isLocal(tool, OFFICIAL))) await runTool(tool, tool.pull(OFFICIAL))
    return { image: OFFICIAL, identity: OFFICIAL }
  }
  await ensureDebianPackages(['mmdebstrap'], progress)
  await withHeartbeat(progress, 'making a Debian base image', () => makeBase(tool))
  progress('Docker Hub does not answer; made a Debian base image from the package archive')
  return { image: OWN, identity: OWN }
}

async function makeBase(tool: ImageTool): Promise<void> {
  const tar = join(tempFolder('debian'), 'base.tar')
  const exclude = SLIM.map((option) => `--dpkgopt=${option}`)
  await mustRun(['mmdebstrap', '--variant=minbase', '--include=ca-certificates', ...exclude, SUITE, tar])
  for (const argv of tool.importTar(tar, OWN)) await runTool(tool, argv)
}

async function dockerHubAnswers(): Promise<boolean> {
  try {
    // 401 is the usual answer to an anonymous visitor
    const response = await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(4000) })
    return response.ok || response.status === 401
  } catch {
    return false
  }
}
