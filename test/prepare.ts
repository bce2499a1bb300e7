import { ensureBinaries } from '#examples/cluster/binaries.ts'
import { NODE_BINARIES, NODE_PACKAGES } from '#examples/cluster/cluster.ts'
import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { trainerImage } from './python/trainer-image.ts'

/** Real servers for the integration tests: built or fetched once, before any test's clock runs. */
export async function prepare(): Promise<undefined> {
  const progress = toStderr()
  await ensureDebianPackages([...NODE_PACKAGES, 'redis-server', 'openssl', 'skopeo', 'umoci'], progress)
  await ensureBinaries([...NODE_BINARIES, 'cert-manager', 'karpenter-judge'], progress)
  return undefined
}

/** The trainer's image, which its tests run in. */
export async function prepareTrainer(): Promise<undefined> {
  await trainerImage()
  return undefined
}
