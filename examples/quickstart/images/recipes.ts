/** The images the quickstart needs; `python` is the part that trainer and server share and is never pushed. */
export type ImageName = 'operator' | 'redis' | 'trainer' | 'server'
export type RecipeName = ImageName | 'python'

export interface Recipe {
  /** Paths from the repository's root. */
  readonly dockerfile: string
  readonly context: string
  readonly target?: string
  /** What BASE stands for: Debian, or another recipe built before. */
  readonly base: 'debian' | RecipeName
  readonly args: Readonly<Record<string, string>>
  /** Files and folders that end up in the image: a change in any of them, and only that, makes a new tag. */
  readonly inputs: readonly string[]
  readonly excluded: readonly string[]
}

const torchInputs = ['Dockerfile', 'compiled_helper.py', 'cpu_torch.py', 'locks'].map((name) => `jobs/trainer/${name}`)

/** The same Dockerfiles that build the images for a real cluster; DEVICE=cpu leaves the GPU libraries out. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  operator: {
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
  },
  redis: {
    dockerfile: 'examples/quickstart/images/redis.Dockerfile',
    context: 'examples/quickstart/images',
    base: 'debian',
    args: {},
    inputs: ['examples/quickstart/images/redis.Dockerfile'],
    excluded: [],
  },
  python: {
    dockerfile: 'jobs/trainer/Dockerfile',
    context: 'jobs/trainer',
    target: 'python',
    base: 'debian',
    args: { DEVICE: 'cpu' },
    inputs: torchInputs,
    excluded: [],
  },
  trainer: {
    dockerfile: 'jobs/trainer/Dockerfile',
    context: 'jobs/trainer',
    base: 'debian',
    args: { DEVICE: 'cpu' },
    inputs: ['jobs/trainer'],
    excluded: [],
  },
  server: {
    dockerfile: 'jobs/server/cpu.Dockerfile',
    context: 'jobs/server',
    base: 'python',
    args: {},
    inputs: ['jobs/server/cpu.Dockerfile', 'jobs/server/requirements.lock'],
    excluded: [],
  },
}

/** Small images first: a cluster can start with them while the large ones are still being built. */
export const buildOrder: readonly ImageName[] = ['operator', 'redis', 'trainer', 'server']
