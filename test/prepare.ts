import { ensureBinaries } from './cluster/binaries.ts'
import { ensureDebianPackages } from './cluster/packages.ts'
import { toStderr } from './cluster/progress.ts'

/** Real servers for the integration tests: built or fetched once, before any test's clock runs. */
export async function prepare(): Promise<undefined> {
  const progress = toStderr()
  await ensureDebianPackages(['redis-server', 'docker-registry', 'apache2-utils', 'openssl', 'skopeo'], progress)
  await ensureBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'helm'], progress)
  return undefined
}
