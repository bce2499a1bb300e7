import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Outcome, quickstart, tagOf } from '../../examples/quickstart/chapters.ts'
import { install } from '../../examples/quickstart/install.ts'
import { INFERENCE_NAME, PUSH_SECRET, TUNING_NAME } from '../../examples/quickstart/manifests.ts'
import { closePlace, openPlace } from '../../examples/quickstart/place.ts'
import { createScreen } from '../../examples/quickstart/screen.ts'
import { serve, tune } from '../../examples/quickstart/story.ts'
import { isClusterRunning } from '../cluster/cluster.ts'
import { toStderr } from '../cluster/progress.ts'

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
    const names = [TUNING_NAME, INFERENCE_NAME, INTERRUPTED]
    await kubectl(['delete', 'workspace', ...names, '--ignore-not-found', '--timeout=60s'], { accept: [0, 1] })
    outcome = await quickstart({ screen, place: { progress } })
  })

  afterAll(async () => {
    if (!wasRunning) await closePlace(toStderr())
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

  it('serves base and adapter with different answers, and /chat with the adapter', () => {
    const { base, adapter, chat } = outcome.answers
    expect(base).not.toBe(adapter)
    expect(adapter.length).toBeGreaterThan(0)
    expect(chat.length).toBeGreaterThan(0)
  })

  it('shows the documented columns', async () => {
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
      'AGE',
    ])
  })

  it('goes on with one Job when the operator is killed in mid-training', async () => {
    const { place, datasetUrl } = outcome
    // The node has one GPU: the server of the story gives it back first.
    await place.kubectl(['delete', 'workspace', INFERENCE_NAME, '--wait=true', '--timeout=120s'])
    const kill = async () => {
      await place.kubectl(['delete', 'pod', '-n', 'kaito-system', '-l', OPERATOR, '--force', '--grace-period=0'])
    }
    const tuned = await tune(place, screen, datasetUrl, { name: INTERRUPTED, maxSteps: 120, onTraining: kill })
    expect(tuned.jobs).toHaveLength(1)
    expect(tuned.image).toMatch(/@sha256:[0-9a-f]{64}$/)
  })

  it('pulls in init containers where images cannot be mounted, and weakens an adapter by its strength', async () => {
    const { place, images, tuned } = outcome
    await install(place, images, screen, { imageVolumes: 'never' })
    const weaker = { strength: '0.1', imagePullSecrets: [PUSH_SECRET] }
    const answers = await serve(place, screen, tagOf(tuned), weaker)
    const path = 'jsonpath={.spec.initContainers[*].name}'
    const { stdout } = await place.kubectl(['get', 'pod', `${INFERENCE_NAME}-0`, '-o', path])
    expect(stdout.split(' ')).toEqual(['pull-weights', 'pull-adapter-phi-3-adapter', 'scale-phi-3-adapter'])
    expect(answers.base).toBe(outcome.answers.base)
    expect(answers.adapter).not.toBe(outcome.answers.adapter)
  })
})

const INTERRUPTED = 'workspace-interrupted'
const OPERATOR = 'app.kubernetes.io/component=operator'
