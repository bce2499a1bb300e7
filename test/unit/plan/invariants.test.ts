import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContainerStatusView, JobView, PodView } from '#src/api/objects.ts'
import { statusSchema } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { readProgress } from '#src/contract/lines.ts'
import { precheckJobName, tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { TUNED_DIGEST, TUNED_IMAGE } from '#test/support/workspaces.ts'
import { aWorld, controller, inferenceWorkspace, NOW, readyNode, tuningWorkspace } from '#test/support/worlds.ts'

const JOB = tuningJobName(tuningWorkspace())
const CHECK = precheckJobName(tuningWorkspace(), undefined)

/** Anything a program might leave in its termination message, well-formed or not. */
const message = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record({
      reason: fc.constantFrom('DatasetInvalid', 'NoSuchReason', 7, ['Fetching'], null),
      message: fc.constantFrom('no rows', 'x'.repeat(3000), 7, ['no rows'], { no: 'rows' }, null),
      result: fc.constantFrom(
        { image: TUNED_IMAGE, digest: TUNED_DIGEST },
        { image: TUNED_IMAGE, digest: 'none' },
        { faults: [], data: { rows: 2, kept: 1 } },
        { faults: [{ reason: 'ConfigInvalid', message: 'x'.repeat(3000) }, 7], data: 7 },
        7,
        null,
      ),
    })
    .map((value) => JSON.stringify(value)),
)

const terminated = fc.record(
  { exitCode: fc.constantFrom(0, 1, 64, 65, 75, 77, 137), reason: fc.constantFrom('OOMKilled', 'Error'), message },
  { requiredKeys: ['exitCode'] },
)

const state = fc.oneof(
  fc.constant({}),
  fc.record({ running: fc.constant({}) }),
  fc.record({
    waiting: fc.record({ reason: fc.constantFrom('CrashLoopBackOff', 'ErrImagePull', 'X'), message: fc.string() }),
  }),
  fc.record({ terminated }),
)

const container: fc.Arbitrary<ContainerStatusView> = fc.record(
  { name: fc.constantFrom('fetch', 'check', 'probe', 'train', 'push', 'server', 'gateway'), state, lastState: state },
  { requiredKeys: ['name'] },
)

const conditions = fc.array(
  fc.record({
    type: fc.constantFrom('Complete', 'Failed', 'FailureTarget', 'PodScheduled', 'Ready'),
    status: fc.constantFrom('True', 'False', 'Unknown'),
    reason: fc.constantFrom('DeadlineExceeded', 'PodFailurePolicy', 'Unschedulable'),
    message: fc.string(),
  }),
  { maxLength: 3 },
)

const pod: fc.Arbitrary<PodView> = fc.record({
  metadata: fc.record({
    name: fc.constantFrom('a', 'b'),
    ownerReferences: fc.constantFrom(
      [],
      [controller('Job', 'u')],
      [controller('Job', 'c')],
      [controller('StatefulSet', 's')],
    ),
    creationTimestamp: fc.constantFrom('2026-01-01T00:00:00Z', 'never', '2026-01-02T00:00:00Z'),
  }),
  status: fc.record(
    {
      phase: fc.constantFrom('Pending', 'Running', 'Failed', 'Succeeded'),
      reason: fc.constantFrom('Evicted', 'DeadlineExceeded'),
      conditions,
      initContainerStatuses: fc.array(container, { maxLength: 3 }),
      containerStatuses: fc.array(container, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
})

const job: fc.Arbitrary<JobView> = fc.record({
  metadata: fc.oneof(
    fc.record({ name: fc.constantFrom(JOB, 'phi-3-tuning-0000000000'), uid: fc.constant('u') }),
    fc.record({
      name: fc.constantFrom(CHECK, 'phi-3-precheck-0000000000'),
      uid: fc.constant('c'),
      labels: fc.constant({ 'kaito.sh/component': 'precheck' }),
    }),
  ),
  status: fc.record({ conditions, startTime: fc.constant('2026-01-01T00:00:00Z') }, { requiredKeys: [] }),
})

const number = fc.oneof(fc.double(), fc.constantFrom(1e300, -1, 1.5, Number.MAX_SAFE_INTEGER))
const count = fc.oneof({ weight: 4, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: number })
const logLine = fc.oneof(
  fc.string(),
  fc
    .record(
      { kaito: fc.constant('progress'), step: count, maxSteps: count, loss: number, epoch: number, etaSeconds: number },
      { requiredKeys: ['kaito', 'step', 'maxSteps'] },
    )
    .map((value) => JSON.stringify(value)),
)

const workspace: fc.Arbitrary<Workspace> = fc.constantFrom(
  tuningWorkspace(),
  tuningWorkspace({ config: 'my-config' }),
  inferenceWorkspace(),
  inferenceWorkspace({
    adapters: [{ source: { name: 'tone', image: 'registry.example.com/tone:1' }, strength: '0.5' }],
  }),
  { ...tuningWorkspace(), tuning: undefined } as unknown as Workspace,
)

/** Kept apart from the world it makes, so that a counterexample prints without the whole catalog. */
const draft = fc.record({
  workspace,
  nodeProvisioner: fc.constantFrom('byo' as const, 'karpenter' as const, 'gpu-provisioner' as const),
  tuningPrecheck: fc.constantFrom('always' as const, 'never' as const),
  nodes: fc.constantFrom([], [readyNode()]),
  jobs: fc.uniqueArray(job, { maxLength: 2, selector: ({ metadata }) => metadata.name }),
  pods: fc.array(pod, { maxLength: 3 }),
  lines: fc.array(logLine, { maxLength: 60 }),
  secret: fc.constantFrom('found' as const, 'missing' as const),
  config: fc.option(fc.dictionary(fc.constantFrom('training_config.yaml', 'x'), fc.string()), { nil: undefined }),
  readyReplicas: fc.nat(2),
})
type Draft = typeof draft extends fc.Arbitrary<infer D> ? D : never

function worldOf({
  workspace: subject,
  nodeProvisioner,
  tuningPrecheck,
  nodes,
  jobs,
  pods,
  lines,
  secret,
  config,
  readyReplicas,
}: Draft) {
  const statefulSet = {
    metadata: { name: 'phi-3', uid: 's', generation: 2 },
    status: { observedGeneration: 2, readyReplicas, updatedReplicas: 1 },
  }
  const base = aWorld(subject, { nodes, jobs, pods, progress: readProgress(lines.join('\n')), statefulSet })
  return {
    ...base,
    settings: { ...base.settings, nodeProvisioner, tuningPrecheck },
    secrets: new Map([['push-secret', secret]]),
    ...defined({ config }),
  }
}

/** Holds for every world that can be drawn. */
const forEveryWorld = (check: (world: World) => void) =>
  fc.assert(
    fc.property(draft, (drawn) => check(worldOf(drawn))),
    { numRuns: 500 },
  )

const ajv = new Ajv({ strict: false })
addFormats.default(ajv)
const isStatus = ajv.compile(statusSchema)

/** The world a moment later, when the status has been written and nothing else has changed. */
function later(before: World): World {
  const { status } = planWorkspace(before)
  const workspaceLater = { ...before.workspace, ...defined({ status }) }
  return { ...before, now: NOW + 60_000, workspace: workspaceLater }
}

describe('a plan', () => {
  it('is made for whatever pods, Jobs and logs say, with a status that the API takes', () => {
    forEveryWorld((given) => {
      const { status } = planWorkspace(given)
      expect(isStatus(status), JSON.stringify(isStatus.errors)).toBe(true)
      for (const { message: text } of status?.conditions ?? []) expect(text.length).toBeLessThanOrEqual(1024)
      // What ajv calls an integer may be too large for the API's int64.
      const { step = 0, maxSteps = 0, etaSeconds = 0 } = status?.tuning ?? {}
      for (const whole of [step, maxSteps, etaSeconds]) expect(Number.isSafeInteger(whole)).toBe(true)
    })
  })

  it('is the same for the same world', () => {
    forEveryWorld((given) => {
      expect(planWorkspace(given)).toEqual(planWorkspace(given))
    })
  })

  it('comes to rest: with its status written and nothing else changed, the next plan has the same status and no events', () => {
    forEveryWorld((given) => {
      const second = later(given)
      const plan = planWorkspace(second)
      expect(plan.status).toEqual(second.workspace.status)
      expect(plan.events).toEqual([])
    })
  })

  it('buys nothing for a run that has not begun before its check has passed', () => {
    forEveryWorld((given) => {
      const { workspace: subject, settings, jobs } = given
      const hasBegun = jobs.some(({ metadata }) => metadata.name === tuningJobName(subject))
      const { apply, enqueue, status } = planWorkspace(given)
      const isUnproven = settings.tuningPrecheck === 'always' && !hasBegun && status?.precheck?.passed !== true
      if (subject.tuning === undefined || !isUnproven) return
      expect(apply.filter(({ kind }) => kind !== 'Job')).toEqual([])
      expect(enqueue).toBeUndefined()
      expect(planTuningJob(given)).toBeUndefined()
    })
  })

  it('asks for a run only while it has no Job, and never beside a removal of that Job', () => {
    forEveryWorld((given) => {
      const plan = planWorkspace(given)
      const exists = given.jobs.some(({ metadata }) => metadata.name === tuningJobName(given.workspace))
      if (exists) expect(plan.enqueue).toBeUndefined()
      expect(plan.remove.map(({ name }) => name)).not.toContain(tuningJobName(given.workspace))
    })
  })
})
