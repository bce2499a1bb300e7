import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { buildahTool } from '#examples/images/buildah.ts'
import { ensureLocal } from '#examples/images/images.ts'

/** The trainer's image for CPUs, of the sources as they are here; the one that the quickstart runs. */
export async function trainerImage(): Promise<string> {
  const progress = toStderr()
  await ensureDebianPackages(['buildah'], progress)
  return ensureLocal({ tool: buildahTool, kind: 'cpu', progress }, 'trainer')
}
