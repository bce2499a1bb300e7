import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import type { Progress } from '#examples/cluster/progress.ts'
import { buildahTool } from '#examples/images/buildah.ts'
import { ensureLocal } from '#examples/images/images.ts'
import { runInside } from '#examples/images/run-inside.ts'
import { caBundle } from '#examples/images/store.ts'

const CA_INSIDE = '/run/host-ca.crt'

/** Builds the trainer's image for CUDA, as an installation gets it, and returns its local name. */
export async function cudaTrainer(progress: Progress): Promise<string> {
  await ensureDebianPackages(['buildah'], progress)
  return ensureLocal({ tool: buildahTool, kind: 'cuda', progress }, 'trainer')
}

/** Runs one command in a container of an image, with folders of this machine as {inside: outside}, and returns what it printed. */
export async function inImage(
  image: string,
  mounts: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<string> {
  const ca = caBundle(process.env)
  if (ca === undefined) return runInside(image, { mounts, command })
  return runInside(image, { mounts: { ...mounts, [CA_INSIDE]: ca }, env: { PIP_CERT: CA_INSIDE }, command })
}
