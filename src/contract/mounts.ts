/** Where things are in the pods that the operator makes. */
export const MOUNT = {
  data: '/mnt/data',
  weights: '/mnt/weights',
  results: '/mnt/results',
  adapters: '/mnt/adapters',
  scaledAdapters: '/mnt/adapters-scaled',
  pullAuth: '/mnt/pull-auth',
  pushAuth: '/mnt/push-auth',
  apiKeys: '/mnt/api-keys',
} as const

/** Within the folder for results. */
export const ADAPTER_FOLDER = `${MOUNT.results}/adapter`
/** Written last, when the adapter is whole and on the disk: which run made it, from what, and its files with their digests. */
export const ADAPTER_RECORD = `${MOUNT.results}/kaito-adapter.json`
export const CHECKPOINTS_FOLDER = `${MOUNT.results}/checkpoints`

/** The one file of a mounted push Secret. */
export const AUTH_FILE = 'config.json'

/** Folders of /mnt that a training run may not name as its own; `config` is upstream's. */
export const TAKEN_FOLDERS: readonly string[] = [
  ...Object.values(MOUNT)
    .filter((path) => path !== MOUNT.results)
    .map((path) => path.slice('/mnt/'.length)),
  'config',
]
