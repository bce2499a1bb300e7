import type { WorkspaceStatus } from '#src/api/status.ts'
import { completionText, post, reach } from './ask.ts'
import { until } from './kubectl.ts'
import {
  ADAPTER_NAME,
  type AdapterOptions,
  INFERENCE_NAME,
  inferenceWorkspace,
  literal,
  pushSecret,
  TUNING_NAME,
  trainingConfig,
  tuningWorkspace,
} from './manifests.ts'
import type { Place } from './place.ts'
import { type Screen, sparkline } from './screen.ts'

/** (a) The documentation's tuning Workspace, word for word: refused at once. Gives the refusal. */
export async function refusal(place: Place, screen: Screen): Promise<string> {
  const input = await literal('tuning-phi-3-literal')
  const { code, all } = await place.kubectl(['apply', '-f', '-'], { input, accept: [0, 1] })
  screen.command('kubectl apply -f examples/tuning-phi-3-literal.yaml', all)
  if (code === 0) throw new Error('the placeholder image was admitted')
  return all
}

export interface Tuned {
  /** The adapter image by digest. */
  readonly image: string
  readonly losses: readonly number[]
  readonly jobs: readonly string[]
}

/** (b) The same Workspace with a registry, a Secret and a dataset in reach: tuned and pushed. */
export async function tune(
  place: Place,
  screen: Screen,
  datasetUrl: string,
  options: { readonly name?: string; readonly maxSteps?: number; readonly onTraining?: () => Promise<void> } = {},
): Promise<Tuned> {
  const { name = TUNING_NAME, maxSteps = 60 } = options
  const image = `${place.registry.name}/adapters/${name}:0.0.1`
  const objects = [pushSecret(place.registry), trainingConfig(maxSteps), await tuningWorkspace(image, datasetUrl, name)]
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const applied = await place.kubectl(['apply', '-f', '-'], { input: list })
  screen.command('kubectl apply -f tuning.yaml', applied.all)
  const status = await followTuning(place, screen, name, options.onTraining)
  const losses = (status.tuning?.lossHistory ?? []).map(({ loss }) => loss)
  if (losses.length > 1) screen.line(`loss ${losses[0]} ${sparkline(losses)} ${losses.at(-1)}`)
  const { stdout } = await place.kubectl(['get', 'workspace', name])
  screen.command(`kubectl get workspace ${name}`, stdout)
  const jobs = await place.kubectl(['get', 'jobs', '-l', `kaito.sh/workspace=${name}`, '-o', 'name'])
  return { image: status.tuning?.image ?? '', losses, jobs: jobs.stdout.trim().split('\n') }
}

async function followTuning(
  place: Place,
  screen: Screen,
  name: string,
  onTraining?: () => Promise<void>,
): Promise<WorkspaceStatus> {
  let last = ''
  let isTold = false
  return until(
    `tuning ${name}`,
    900,
    async () => {
      const status = await statusOf(place, name)
      const { reason, message } = readyOf(status)
      const line = `${reason}: ${message}`
      if (line !== last) screen.line(line)
      last = line
      if (!isTold && status.tuning?.step !== undefined && onTraining !== undefined) {
        isTold = true
        await onTraining()
      }
      if (status.state === 'Failed') throw new Error(`tuning failed: ${line}`)
      return status.state === 'Succeeded' ? status : undefined
    },
    () => `Last seen: ${last}`,
  )
}

export interface Answers {
  readonly base: string
  readonly adapter: string
  readonly chat: string
}

/** (c) Inference with the adapter mounted from its image, and the same question to base and adapter. */
export async function serve(
  place: Place,
  screen: Screen,
  image: string,
  options: AdapterOptions = {},
): Promise<Answers> {
  const input = JSON.stringify(await inferenceWorkspace(image, options))
  const applied = await place.kubectl(['apply', '-f', '-'], { input })
  screen.command('kubectl apply -f inference.yaml', applied.all)
  let last = ''
  await until(
    'serving',
    900,
    async () => {
      const status = await statusOf(place, INFERENCE_NAME)
      const { reason, message } = readyOf(status)
      if (`${reason}: ${message}` !== last) screen.line(`${reason}: ${message}`)
      last = `${reason}: ${message}`
      return status.state === 'Ready' ? status : undefined
    },
    () => `Last seen: ${last}`,
  )
  const columns = await place.kubectl(['get', 'workspace', INFERENCE_NAME])
  screen.command(`kubectl get workspace ${INFERENCE_NAME}`, columns.stdout)
  const service = await place.kubectl(['get', 'svc', INFERENCE_NAME])
  screen.command(`kubectl get svc ${INFERENCE_NAME}`, service.stdout)
  return ask(place, screen)
}

const QUESTION = 'What is a Kubernetes Job?'

async function ask(place: Place, screen: Screen): Promise<Answers> {
  const asking = await reach(place, INFERENCE_NAME)
  try {
    const chat = await post(`${asking.url}/chat`, { prompt: QUESTION, generate_kwargs: { do_sample: false } })
    screen.command(`curl -X POST http://$CLUSTERIP/chat -d '{"prompt":"${QUESTION}"}'`, JSON.stringify(chat))
    const complete = async (model: string) => {
      const body = { model, messages: [{ role: 'user', content: QUESTION }], max_tokens: 24, temperature: 0 }
      const text = completionText(await post(`${asking.url}/v1/chat/completions`, body))
      screen.command(`curl http://$CLUSTERIP/v1/chat/completions  # model: ${model}`, JSON.stringify(text))
      return text
    }
    const base = await complete('phi-3-mini-128k-instruct')
    return { base, adapter: await complete(ADAPTER_NAME), chat: String(chat['Result'] ?? '') }
  } finally {
    asking.close()
  }
}

async function statusOf(place: Place, name: string): Promise<WorkspaceStatus> {
  const workspace = await place.kubectl.get(['workspace', name])
  return (workspace?.['status'] ?? {}) as WorkspaceStatus
}

const readyOf = (status: WorkspaceStatus) =>
  status.conditions?.find(({ type }) => type === 'Ready') ?? { reason: 'Pending', message: 'not reconciled yet' }
