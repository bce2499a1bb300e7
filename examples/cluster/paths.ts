import { homedir } from 'node:os'
import { join } from 'node:path'

/** The Kubernetes release the embedded cluster runs; binaries are cached under its name. */
export const KUBERNETES_VERSION = 'v1.35.4'

/** Folder for everything that outlives a run and does not belong in the repository. */
export const cacheRoot = (): string => process.env['KAITO_CACHE'] ?? join(homedir(), '.cache', 'kaito-ts')

/** Where binaries, downloaded or built, are kept: once per Kubernetes release. */
export const binDir = (): string => join(cacheRoot(), 'cluster', KUBERNETES_VERSION, 'bin')

/** Default data folder of the one-node cluster. */
export const runDir = (): string => join(cacheRoot(), 'cluster', 'run')

/** The folder of pinned Go modules, one per upstream project. */
export const goModulesDir = join(import.meta.dirname, 'go')
