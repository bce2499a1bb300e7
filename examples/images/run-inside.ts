import { buildah, buildahTool } from './buildah.ts'
import { runTool } from './tool.ts'

export interface Inside {
  /** Folders and files of this machine, as {inside: outside}. */
  readonly mounts: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly command: readonly string[]
}

/** Runs a command in a container of an image of buildah's store, as root, and gives what it printed. */
export async function runInside(image: string, { mounts, env = {}, command }: Inside): Promise<string> {
  const container = (await runTool(buildahTool, buildah('from', '--pull-never', image))).trim()
  try {
    const volumes = Object.entries(mounts).flatMap(([inside, outside]) => ['-v', `${outside}:${inside}`])
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const options = ['--isolation', 'chroot', '--user', '0', ...variables, ...volumes]
    return await runTool(buildahTool, buildah('run', ...options, container, '--', ...command))
  } finally {
    await runTool(buildahTool, buildah('rm', container)).catch(() => {})
  }
}
