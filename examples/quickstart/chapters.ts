import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheRoot } from '#examples/cluster/paths.ts'
import type { Answers } from './ask.ts'
import { serveDataset } from './dataset-server.ts'
import { ensureImages } from './images.ts'
import { type Images, install } from './install.ts'
import { ensureDataset } from './model/tiny-dataset.ts'
import { ensureTinyModel } from './model/tiny-model.ts'
import { openPlace, type Place, type PlaceOptions } from './place.ts'
import { type Screen, table } from './screen.ts'
import { freeName, refusal, serveAdapter, serveBase, type Tuned, tagOf, tune } from './story.ts'

export interface QuickstartOptions {
  readonly screen: Screen
  readonly place: PlaceOptions
  /** File to write the outcome to, as JSON. */
  readonly json?: string
}

/** What the story ended with: everything that its end-to-end test asserts. */
export interface Outcome {
  readonly place: Place
  readonly images: Images
  readonly datasetUrl: string
  /** What the first server, without any adapter, answered. */
  readonly baseChat: string
  readonly refusal: string
  readonly tuned: Tuned
  readonly answers: Answers
  readonly times: Screen['times']
}

/** The whole loop: apply, admitted, queued, trained, pushed, mounted, answered. */
export async function quickstart({ screen, place: where, json }: QuickstartOptions): Promise<Outcome> {
  const { progress } = where
  const place = await screen.step('Bring up Kubernetes, a registry and a node with GPUs', () => openPlace(where))
  const { pushUrl, name, user, password } = place.registry
  const target = { registryPushUrl: pushUrl, repositoryPrefix: `${name}/kaito`, user, password, progress }
  const images = await screen.step('Build and push the images', async () => {
    const built = await ensureImages(target)
    return { ...built, model: await ensureTinyModel(target, built) }
  })
  const dataset = await screen.step('Make a small dataset', () =>
    ensureDataset(target, images, join(cacheRoot(), 'datasets')),
  )
  await screen.step('Install the operator with Helm', () => install(place, images, screen))
  const datasetUrl = await screen.step('Serve the dataset over HTTP', () =>
    serveDataset(place, dataset, images.operator),
  )
  screen.line(datasetUrl)
  const baseChat = await screen.step("Serve phi-3-mini: the documentation's first YAML, word for word", () =>
    serveBase(place, screen),
  )
  screen.line('The stand-in for Phi-3 is tiny and has random weights: only tuning will teach it to answer.')
  const refused = await screen.step("Apply the documentation's tuning YAML word for word: refused", async () => {
    await freeName(place, screen)
    return refusal(place, screen)
  })
  const tuned = await screen.step('Tune phi-3-mini with QLoRA and push the adapter', () =>
    tune(place, screen, datasetUrl),
  )
  screen.line(`adapter image: ${tuned.image}`)
  const answers = await screen.step('Serve the model with that adapter, beside the first', async () => {
    await freeName(place, screen)
    return serveAdapter(place, screen, tagOf(tuned))
  })
  const outcome: Outcome = {
    place,
    images,
    datasetUrl,
    baseChat,
    refusal: refused,
    tuned,
    answers,
    times: screen.times,
  }
  summarize(screen, outcome)
  if (json !== undefined) await writeFile(json, JSON.stringify({ ...outcome, place: undefined }, null, 2))
  return outcome
}

function summarize(screen: Screen, { answers, place, times }: Outcome): void {
  const total = times.reduce((sum, { seconds }) => sum + seconds, 0)
  screen.line('')
  screen.line(`base     ${JSON.stringify(answers.base)}`)
  screen.line(`adapter  ${JSON.stringify(answers.adapter)}`)
  screen.line(
    answers.base === answers.adapter ? 'The answers are the SAME: something is wrong.' : 'Two different answers.',
  )
  screen.line('')
  const rows = [
    ...times.map(({ title, seconds }) => [title, `${seconds.toFixed(1)} s`]),
    ['all', `${total.toFixed(1)} s`],
  ]
  for (const row of table(rows).split('\n')) screen.line(row)
  screen.line('')
  screen.line(`Look around: KUBECONFIG=${place.kubeconfig} kubectl get workspaces`)
  screen.line(
    place.isLocal
      ? 'End it:      npm run quickstart -- --down'
      : 'Remove it:   kubectl delete workspaces --all, then helm uninstall kaito -n kaito-system',
  )
}
