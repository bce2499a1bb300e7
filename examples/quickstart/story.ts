import { type Answers, askAll, chat } from './ask.ts'
import { applyFilled, applyLiteral, follow } from './follow.ts'
import {
  ADAPTED_NAME,
  type AdapterOptions,
  adapterChanges,
  BASE_NAME,
  pushSecret,
  SEED,
  type SeedFile,
  selectedLabels,
  trainingConfig,
  tuningChanges,
} from './manifests.ts'
import type { Place } from './place.ts'
import { type Screen, sparkline } from './screen.ts'

/** (a) The documentation's first YAML, word for word: a server that answers `/chat`. Gives its answer. */
export async function serveBase(place: Place, screen: Screen): Promise<string> {
  await applyLiteral(place, screen, SEED.inference)
  await follow(place, screen, { name: BASE_NAME, state: 'Ready' })
  await showService(place, screen, BASE_NAME)
  return chat(place, screen, BASE_NAME)
}

/** (b) Its tuning YAML, word for word: refused at once. Gives the refusal. */
export async function refusal(place: Place, screen: Screen): Promise<string> {
  const { code, all } = await applyLiteral(place, screen, SEED.longTuning, true)
  if (code === 0) throw new Error('the placeholder image was admitted')
  return all
}

export interface Tuned {
  /** The adapter image by digest. */
  readonly image: string
  readonly losses: readonly number[]
  readonly jobs: readonly string[]
}

export interface TuneOptions {
  readonly file?: SeedFile
  readonly name?: string
  readonly maxSteps?: number
  readonly onTraining?: () => Promise<void>
}

/** (c) The same YAML with a registry, a Secret and a dataset in reach: tuned and pushed. */
export async function tune(
  place: Place,
  screen: Screen,
  datasetUrl: string,
  options: TuneOptions = {},
): Promise<Tuned> {
  const { file = SEED.longTuning, name = ADAPTED_NAME, maxSteps = 60, onTraining } = options
  const image = `${place.registry.name}/adapters/${name}:0.0.1`
  const beside = { apiVersion: 'v1', kind: 'List', items: [pushSecret(place.registry), trainingConfig(maxSteps)] }
  const { all } = await place.kubectl(['apply', '-f', '-'], { input: JSON.stringify(beside) })
  screen.command('kubectl apply -f registry-and-training.yaml', all)
  await applyFilled(place, screen, { file, changes: tuningChanges(image, datasetUrl), name })
  let isTold = false
  const status = await follow(place, screen, {
    name,
    state: 'Succeeded',
    async onStatus({ tuning }) {
      if (isTold || tuning?.step === undefined) return
      isTold = true
      await onTraining?.()
    },
  })
  const losses = (status.tuning?.lossHistory ?? []).map(({ loss }) => loss)
  if (losses.length > 1) screen.line(`loss ${losses[0]} ${sparkline(losses)} ${losses.at(-1)}`)
  const jobs = await place.kubectl([
    'get',
    'jobs',
    '-l',
    `kaito.sh/workspace=${name},kaito.sh/component=tuning`,
    '-o',
    'name',
  ])
  return { image: status.tuning?.image ?? '', losses, jobs: jobs.stdout.trim().split('\n') }
}

/** The tag that the Workspace asked for: what a person would write, and what the operator pins to the digest. */
export const tagOf = ({ image }: Tuned): string => image.replace(/@.*/, ':0.0.1')

/** (d) Inference with the adapter mounted from its image, beside the first server; both are asked at the same time. */
export async function serveAdapter(
  place: Place,
  screen: Screen,
  image: string,
  options: AdapterOptions = {},
): Promise<Answers> {
  await labelNode(place, screen)
  await applyFilled(place, screen, { file: SEED.adapter, changes: adapterChanges(image, options) })
  await follow(place, screen, { name: ADAPTED_NAME, state: 'Ready' })
  await showService(place, screen, ADAPTED_NAME)
  return askAll(place, screen)
}

/**
 * The documentation gives its tuning run and the server of the adapter one name. A Workspace cannot change from one to the
 * other, so the one that is there goes first; what it has pushed stays in the registry.
 */
export async function freeName(place: Place, screen: Screen): Promise<void> {
  const workspace = await place.kubectl.get(['workspace', ADAPTED_NAME])
  if (workspace === undefined) return
  if (!place.isLocal && workspace['tuning'] === undefined) {
    throw new Error(
      `a server ${ADAPTED_NAME} is there already: kubectl delete workspace ${ADAPTED_NAME}, then run this again`,
    )
  }
  screen.line(`${ADAPTED_NAME} is the name of a tuning run and of a server; only one of them can have it at a time.`)
  const { all } = await place.kubectl(['delete', 'workspace', ADAPTED_NAME, '--timeout=120s'])
  screen.command(`kubectl delete workspace ${ADAPTED_NAME}`, all)
}

/**
 * The documentation wants a node per Workspace, told apart by the value of one label. This one node has all their GPUs but
 * one value at a time; a pod that runs stays when it changes.
 */
async function labelNode(place: Place, screen: Screen): Promise<void> {
  const [label = ''] = Object.entries(await selectedLabels(SEED.adapter)).map((entry) => entry.join('='))
  const { stdout } = await place.kubectl(['get', 'nodes', '-o', 'name', '-l', label])
  if (!place.isLocal || stdout.trim() !== '') return
  const { stdout: node } = await place.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}'])
  const { all } = await place.kubectl(['label', 'node', node, label, '--overwrite'])
  screen.command(`kubectl label node ${node} ${label} --overwrite`, all)
}

async function showService(place: Place, screen: Screen, name: string): Promise<void> {
  const { stdout } = await place.kubectl(['get', 'svc', name])
  screen.command(`kubectl get svc ${name}`, stdout)
}
