import { parseSettings } from '#src/config.ts'

/** The images that the chart needs; `torch` is what trainers, and the server of a CPU, are built on, and is never pushed. */
export type ImageName = 'operator' | 'redis' | 'trainer' | 'server'
export type RecipeName = ImageName | 'torch'
/** What trainer and server run on. `cpu` leaves the GPU libraries out. */
export type Kind = 'cpu' | 'cuda'

export interface Recipe {
  /** Its name in the local store. Kinds that differ have two, so that neither takes the other's place. */
  readonly local: string
  /** Paths from the repository's root. */
  readonly dockerfile: string
  readonly context: string
  /** Folders beside the context, by the name that the Dockerfile copies from. */
  readonly contexts?: Readonly<Record<string, string>>
  /** What BASE stands for: Debian, another recipe built before, or an image of somebody else. */
  readonly base: 'debian' | RecipeName | { readonly image: string }
  readonly args: Readonly<Record<string, string>>
  /** Files and folders that end up in the image: a change in any of them, and only that, makes a new tag. */
  readonly inputs: readonly string[]
  readonly excluded: readonly string[]
}

/** The pinned image that serves on GPUs: what the operator takes by itself. */
export const UPSTREAM_SERVER: string = parseSettings('').images.server

const TORCH_FOR_CUDA = ['torch.Dockerfile', 'locks'].map((name) => `jobs/trainer/${name}`)
const FOR_CPU = 'examples/images/cpu'

const operator: Recipe = {
  local: 'operator',
  dockerfile: 'Dockerfile',
  context: '.',
  base: 'debian',
  args: {},
  inputs: [
    'Dockerfile',
    '.dockerignore',
    'package.json',
    'package-lock.json',
    '.npmrc',
    'src',
    'webhooks',
    'jobs',
    'certs',
  ],
  excluded: ['jobs/trainer', 'jobs/server'],
}

const redis: Recipe = {
  local: 'redis',
  dockerfile: 'examples/images/redis.Dockerfile',
  context: 'examples/images',
  base: 'debian',
  args: {},
  inputs: ['examples/images/redis.Dockerfile'],
  excluded: [],
}

const trainer = (kind: Kind): Recipe => ({
  local: kind === 'cpu' ? 'trainer' : 'trainer-cuda',
  dockerfile: 'jobs/trainer/Dockerfile',
  context: 'jobs/trainer',
  base: 'torch',
  args: { DEVICE: kind },
  inputs: ['jobs/trainer'],
  excluded: TORCH_FOR_CUDA,
})

const torch: Readonly<Record<Kind, Recipe>> = {
  cpu: {
    local: 'torch',
    dockerfile: `${FOR_CPU}/torch.Dockerfile`,
    context: FOR_CPU,
    contexts: { trainer: 'jobs/trainer' },
    base: 'debian',
    args: {},
    inputs: [
      ...['torch.Dockerfile', 'cpu_torch.py', 'torch.lock'].map((name) => `${FOR_CPU}/${name}`),
      'jobs/trainer/locks/common.lock',
    ],
    excluded: [],
  },
  cuda: {
    local: 'torch-cuda',
    dockerfile: 'jobs/trainer/torch.Dockerfile',
    context: 'jobs/trainer',
    base: 'debian',
    args: {},
    inputs: [...TORCH_FOR_CUDA, 'jobs/trainer/compiled_helper.py'],
    excluded: [],
  },
}

const servers: Readonly<Record<Kind, Recipe>> = {
  cpu: {
    local: 'server',
    dockerfile: `${FOR_CPU}/server.Dockerfile`,
    context: FOR_CPU,
    base: 'torch',
    args: {},
    inputs: ['server.Dockerfile', 'server.lock'].map((name) => `${FOR_CPU}/${name}`),
    excluded: [],
  },
  cuda: {
    local: 'server-cuda',
    dockerfile: 'jobs/server/Dockerfile',
    context: 'jobs/server',
    base: { image: UPSTREAM_SERVER },
    args: {},
    inputs: ['jobs/server/Dockerfile'],
    excluded: [],
  },
}

/** The one definition of every image, for the quickstart and for real clusters. */
export const recipesFor = (kind: Kind): Readonly<Record<RecipeName, Recipe>> => ({
  operator,
  redis,
  torch: torch[kind],
  trainer: trainer(kind),
  server: servers[kind],
})

/** Small images first: a cluster can start with them while the large ones are still being built. */
export const buildOrder: readonly ImageName[] = ['operator', 'redis', 'trainer', 'server']
