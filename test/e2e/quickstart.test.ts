import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isClusterRunning } from '#examples/cluster/cluster.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { taughtPair } from '#examples/quickstart/ask.ts'
import { type Outcome, quickstart } from '#examples/quickstart/chapters.ts'
import { install } from '#examples/quickstart/install.ts'
import { ADAPTED_NAME, ADAPTER_NAME, BASE_NAME, PUSH_SECRET, SEED } from '#examples/quickstart/manifests.ts'
import { closePlace, openPlace } from '#examples/quickstart/place.ts'
import { createScreen } from '#examples/quickstart/screen.ts'
import { freeName, serveAdapter, tagOf, tune } from '#examples/quickstart/story.ts'
import { metricList } from '#src/telemetry/metric-list.ts'
import { eventually } from '../support/eventually.ts'
import { byNpm, byPython } from './clients.ts'
import { streamed } from './streams.ts'

/** The README's quickstart, word for word, with what it promises asserted. */
describe('the quickstart', () => {
  const screen = createScreen()
  let outcome: Outcome

  let wasRunning = false

  beforeAll(async () => {
    const progress = toStderr()
    wasRunning = await isClusterRunning()
    // What an earlier run left behind would make this one look faster and better than it is.
    const { kubectl } = await openPlace({ progress })
    const names = [BASE_NAME, ADAPTED_NAME, INTERRUPTED]
    await kubectl(['delete', 'workspace', ...names, '--ignore-not-found', '--timeout=120s'], { accept: [0, 1] })
    outcome = await quickstart({ screen, place: { progress } })
  })

  afterAll(async () => {
    if (!wasRunning) await closePlace(toStderr())
  })

  it('leaves a series of every metric, in the pods that answer webhooks or in those that reconcile', async () => {
    const { stdout } = await outcome.place.kubectl(['get', 'pods', '-n', 'kaito-system', '-l', OPERATOR, '-o', POD_IPS])
    const pods = stdout.trim().split(' ')
    expect(pods.length).toBeGreaterThanOrEqual(2)
    const scrapes = await Promise.all(pods.map(async (ip) => (await fetch(`http://${ip}:8081/metrics`)).text()))
    const samples = scrapes.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('kaito_'))
    const silent = Object.values(metricList)
      .map(({ name }) => name)
      .filter((name) => !samples.some((line) => /^\w+?(?=(_bucket|_count|_sum)?[{ ])/.exec(line)?.[0] === name))
    expect(silent).toEqual(Object.keys(DID_NOT_HAPPEN))
    // What only the reconciler knows, the webhook says nothing of.
    expect(samples.filter((line) => line.startsWith('kaito_redis_up ')).every((line) => line.endsWith(' 1'))).toBe(true)
    expect(samples.filter((line) => line === 'kaito_leader 1')).toHaveLength(1)
  })

  it('refuses the placeholder image and says what to write', () => {
    expect(outcome.refusal).toContain('tuning.output.image')
    expect(outcome.refusal).toContain('placeholder')
    expect(outcome.refusal).toMatch(/myacr\.azurecr\.io|your registry/)
  })

  it('shows the loss going down', () => {
    const { losses } = outcome.tuned
    expect(losses.length).toBeGreaterThan(3)
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.8)
  })

  it('pushes the adapter by digest, with one Job', () => {
    expect(outcome.tuned.image).toMatch(/^registry\.kaito\.local:5000\/adapters\/.+@sha256:[0-9a-f]{64}$/)
    expect(outcome.tuned.jobs).toHaveLength(1)
  })

  it("answers /chat by the documentation's first YAML, unchanged", async () => {
    const { question, answer } = await taughtPair()
    expect(outcome.baseChat.startsWith(question)).toBe(true)
    expect(outcome.baseChat.length).toBeGreaterThan(question.length + 1)
    expect(outcome.baseChat).not.toContain(answer)
  })

  it('answers what was taught by the adapter only, through /chat and the OpenAI API', async () => {
    const { question, answer } = await taughtPair()
    const { base, adapter, chat } = outcome.answers
    expect(chat).toBe(`${question}\n${answer}`)
    expect(adapter).toBe(answer)
    expect(base).not.toContain(answer)
  })

  it('serves base and adapter side by side', async () => {
    expect(outcome.answers.besideChat).toBe(outcome.baseChat)
    const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    for (const name of [BASE_NAME, ADAPTED_NAME]) {
      const { stdout } = await outcome.place.kubectl(['get', 'workspace', name, '-o', ready])
      expect([name, stdout]).toEqual([name, 'True'])
    }
  })

  it("serves OpenAI's own clients, of npm and of pip, the same", async () => {
    const { kubectl } = outcome.place
    const { stdout: address } = await kubectl(['get', 'svc', ADAPTED_NAME, '-o', 'jsonpath={.spec.clusterIPs[0]}'])
    const npm = await byNpm(`http://${address}`, ADAPTER_NAME)
    expect(npm.models).toContain(ADAPTER_NAME)
    expect(npm).toMatchObject({ retrieved: ADAPTER_NAME, streamed: npm.answer })
    expect(npm.answer).not.toBe('')
    expect(npm.refusal).toEqual({ status: 404, code: 'model_not_found' })
    const exec = ['exec', '-i', `${ADAPTED_NAME}-0`, '-c', 'server', '--', 'python3', '-']
    const { stdout } = await kubectl(exec, { input: byPython(ADAPTER_NAME) })
    expect(JSON.parse(stdout)).toEqual(npm)
  })

  it('lets streamed answers end when their pod is deleted', async () => {
    const { kubectl } = outcome.place
    const { stdout: address } = await kubectl(['get', 'svc', ADAPTED_NAME, '-o', 'jsonpath={.spec.clusterIPs[0]}'])
    const { stdout: before } = await kubectl(['get', 'pod', `${ADAPTED_NAME}-0`, '-o', 'jsonpath={.metadata.uid}'])
    let begun = 0
    let deleted: Promise<unknown> | undefined
    const onFirst = Array.from({ length: STREAMS }, () => {
      let isFirst = true
      return () => {
        if (isFirst) begun++
        isFirst = false
        if (begun === STREAMS) deleted ??= kubectl(['delete', 'pod', `${ADAPTED_NAME}-0`, '--wait=false'])
      }
    })
    const streams = onFirst.map((first) => streamed(`http://${address}`, ADAPTER_NAME, TOKENS, first))
    const ends = await Promise.all(streams)
    await deleted
    expect(ends).toEqual(ends.map(() => ({ status: 200, tokens: TOKENS, finish: 'length', isWhole: true })))
    // The pod outlived the answers, went, and another one answers in its place.
    const isReplaced = async () => {
      const { stdout } = await kubectl(['get', 'pod', `${ADAPTED_NAME}-0`, '-o', READY_UID], { accept: [0, 1] })
      return stdout.startsWith('True ') && !stdout.includes(before)
    }
    expect(await eventually('another pod is ready', isReplaced, 120_000)).toBe(true)
  })

  it('shows the documented columns, and the state', async () => {
    const { stdout } = await outcome.place.kubectl(['get', 'workspace'])
    const [head = ''] = stdout.split('\n')
    expect(head.split(/\s+/)).toEqual([
      'NAME',
      'INSTANCE',
      'RESOURCEREADY',
      'INFERENCEREADY',
      'JOBSTARTED',
      'WORKSPACEREADY',
      'PROGRESS',
      'STATE',
      'AGE',
    ])
  })

  it('goes on with one Job when the operator is killed in mid-training', async () => {
    const { place, datasetUrl } = outcome
    const kill = async () => {
      await place.kubectl(['delete', 'pod', '-n', 'kaito-system', '-l', OPERATOR, '--force', '--grace-period=0'])
    }
    const options = { file: SEED.tuning, name: INTERRUPTED, maxSteps: 120, onTraining: kill }
    const tuned = await tune(place, screen, datasetUrl, options)
    expect(tuned.jobs).toHaveLength(1)
    expect(tuned.image).toMatch(/@sha256:[0-9a-f]{64}$/)
  })

  it('pulls in init containers where images cannot be mounted, and weakens an adapter by its strength', async () => {
    const { place, images, tuned } = outcome
    await install(place, images, screen, { imageVolumes: 'never' })
    await freeName(place, screen)
    const weaker = { strength: '0.1', imagePullSecrets: [PUSH_SECRET] }
    const answers = await serveAdapter(place, screen, tagOf(tuned), weaker)
    const path = 'jsonpath={.spec.initContainers[*].name}'
    const { stdout } = await place.kubectl(['get', 'pod', `${ADAPTED_NAME}-0`, '-o', path])
    expect(stdout.split(' ')).toEqual(['pull-weights', 'pull-adapter-phi-3-adapter', 'scale-phi-3-adapter'])
    expect(answers.base).toBe(outcome.answers.base)
    expect(answers.adapter).not.toBe(outcome.answers.adapter)
  })
})

/** As many and as long as the small model's window allows: they take several seconds together. */
const STREAMS = 24
const TOKENS = 400
/** Metrics that have no series after the quickstart, each with the reason. A counter that knows its labels begins with 0. */
const DID_NOT_HAPPEN: Readonly<Record<string, string>> = {}
const POD_IPS = 'jsonpath={.items[*].status.podIP}'
const READY_UID = 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.metadata.uid}'
const INTERRUPTED = 'workspace-interrupted'
const OPERATOR = 'app.kubernetes.io/component in (operator, reconciler)'
