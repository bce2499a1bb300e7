import { parseSettings } from '#src/config.ts'

/** The images that the chart needs; `python` is the part that trainer and server of a CPU share and is never pushed. */
export type ImageName = 'operator' | 'redis' | 'trainer' | 'server'
export type RecipeName = ImageName | 'python'
/** What trainer and server run on. `cpu` leaves the GPU libraries out. */
export type Kind = 'cpu' | 'cuda'

export interface Recipe {
  /** Its name in the local store. Kinds that differ have two, so that neither takes the other's place. */
  readonly local: string
  /** Paths from the repository's root. */
  readonly dockerfile: string
  readonly context: string
  readonly target?: string
  /** What BASE stands for: Debian, another recipe built before, or an image of somebody else. */
  readonly base: 'debian' | RecipeName | { readonly image: string }
  readonly args: Readonly<Record<string, string>>
  /** Files and folders that end up in the image: a change in any of them, and only that, makes a new tag. */
  readonly inputs: readonly string[]
  readonly excluded: readonly string[]
}

/** The pinned image that serves on GPUs: what the operator takes by itself. */
export const UPSTREAM_SERVER: string = parseSettings('').images.server

const torchInputs = ['Dockerfile', 'compiled_helper.py', 'cpu_torch.py', 'locks'].map((name) => `jobs/trainer/${name}`)

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
  base: 'debian',
  args: { DEVICE: kind },
  inputs: ['jobs/trainer'],
  excluded: [],
})

const python = (kind: Kind): Recipe => ({
  ...trainer(kind),
  local: kind === 'cpu' ? 'python' : 'python-cuda',
  target: 'python',
  inputs: torchInputs,
})

const servers: Readonly<Record<Kind, Recipe>> = {
  cpu: {
    local: 'server',
    dockerfile: 'jobs/server/cpu.Dockerfile',
    context: 'jobs/server',
    base: 'python',
    args: {},
    inputs: ['jobs/server/cpu.Dockerfile', 'jobs/server/requirements.lock'],
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
  python: python(kind),
  trainer: trainer(kind),
  server: servers[kind],
})

/** Small images first: a cluster can start with them while the large ones are still being built. */
export const buildOrder: readonly ImageName[] = ['operator', 'redis', 'trainer', 'server']
