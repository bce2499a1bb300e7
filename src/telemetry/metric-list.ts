/** The values that a label may have; undefined where the cluster or a protocol decides. */
type Values = readonly string[] | undefined

/** One metric: its kind, its full name, what it tells in a sentence, and its labels with their values. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: Readonly<Record<string, Values>>
  readonly buckets?: readonly number[]
}

/** Admission answers take about a millisecond; the API server gives up after 10 s. */
const admissionSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const callSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Waiting in a queue spans from nothing to the longest backoff, 2 min. */
const waitSeconds = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300]
/** Training runs last from minutes to days. */
const runSeconds = [60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200]

const CONTROLLERS = ['workspace'] as const
const WEBHOOKS = ['validate', 'mutate'] as const
const CERTIFICATES = ['leaf', 'authority'] as const

/**
 * Every metric this program exports, each with a writer (test/unit/telemetry/writers.test.ts). No label ever holds the name
 * of an object, so the number of series is bounded by the code and not by the cluster.
 */
export const metricList = {
  reconciles: {
    kind: 'counter',
    name: 'kaito_reconciles_total',
    help: 'Reconciles by controller and how they ended.',
    labels: { controller: CONTROLLERS, outcome: ['done', 'again', 'failed'] },
  },
  reconcileSeconds: {
    kind: 'histogram',
    name: 'kaito_reconcile_seconds',
    help: 'Time one reconcile took.',
    labels: { controller: CONTROLLERS },
    buckets: callSeconds,
  },
  queueDepth: {
    kind: 'gauge',
    name: 'kaito_workqueue_depth',
    help: 'Keys ready to be reconciled and not yet taken.',
    labels: { controller: CONTROLLERS },
  },
  queueAdds: {
    kind: 'counter',
    name: 'kaito_workqueue_adds_total',
    help: 'Times a key was added, including adds that changed nothing because it already waited.',
    labels: { controller: CONTROLLERS },
  },
  queueWaitSeconds: {
    kind: 'histogram',
    name: 'kaito_workqueue_wait_seconds',
    help: 'Time a key waited before a worker took it.',
    labels: { controller: CONTROLLERS },
    buckets: waitSeconds,
  },
  watchSilentSeconds: {
    kind: 'gauge',
    name: 'kaito_watch_silent_seconds',
    help: 'Seconds since the API server last said anything about this kind; bookmarks count, so above 180 is trouble.',
    labels: { kind: undefined },
  },
  watchErrors: {
    kind: 'counter',
    name: 'kaito_watch_errors_total',
    help: 'Lists and watches that ended in an error, each followed by another try.',
    labels: { kind: undefined },
  },
  watchLists: {
    kind: 'counter',
    name: 'kaito_watch_lists_total',
    help: 'Full lists: one at start, others when the server had forgotten where the watch stood, or watches kept failing.',
    labels: { kind: undefined },
  },
  cachedObjects: {
    kind: 'gauge',
    name: 'kaito_cached_objects',
    help: 'Objects in the local cache.',
    labels: { kind: undefined },
  },
  kubeCalls: {
    kind: 'counter',
    name: 'kaito_kube_calls_total',
    help: 'Attempts to call the API server by method and HTTP status; status 0 is no answer.',
    labels: { method: undefined, status: undefined },
  },
  kubeCallSeconds: {
    kind: 'histogram',
    name: 'kaito_kube_call_seconds',
    help: 'Time to the first byte of an answer of the API server.',
    labels: { method: undefined },
    buckets: callSeconds,
  },
  eventsDropped: {
    kind: 'counter',
    name: 'kaito_events_dropped_total',
    help: 'Kubernetes events that could not be written.',
    labels: {},
  },
  leader: {
    kind: 'gauge',
    name: 'kaito_leader',
    help: '1 while this process leads, 0 otherwise; the sum over the replicas should be 1.',
    labels: {},
  },
  admissions: {
    kind: 'counter',
    name: 'kaito_admissions_total',
    help: 'Admission reviews by webhook and outcome; patched is allowed with defaults filled in, failed is a bug or a time-out.',
    labels: { webhook: [...WEBHOOKS, 'unknown'], outcome: ['allowed', 'patched', 'denied', 'failed'] },
  },
  admissionSeconds: {
    kind: 'histogram',
    name: 'kaito_admission_seconds',
    help: 'Time from the whole request having arrived to the answer being ready.',
    labels: { webhook: WEBHOOKS },
    buckets: admissionSeconds,
  },
  certificateExpiry: {
    kind: 'gauge',
    name: 'kaito_certificate_expiry_timestamp_seconds',
    help: 'When the certificate runs out, in Unix seconds.',
    labels: { certificate: CERTIFICATES },
  },
  certificateRotations: {
    kind: 'counter',
    name: 'kaito_certificate_rotations_total',
    help: 'Certificates that this process minted and stored; none where cert-manager keeps them.',
    labels: { certificate: CERTIFICATES },
  },
  tasks: {
    kind: 'counter',
    name: 'kaito_tasks_total',
    help: 'Deliveries of queue tasks to this process: the Job was created, or nobody asks for it any more, or somebody else has one of its name, or it will be tried again, or the task could not be read.',
    labels: { outcome: ['created', 'dropped', 'taken', 'failed', 'refused'] },
  },
  taskSeconds: {
    kind: 'histogram',
    name: 'kaito_task_seconds',
    help: 'Time a worker spent on one queue task.',
    labels: {},
    buckets: callSeconds,
  },
  tasksWaiting: {
    kind: 'gauge',
    name: 'kaito_tasks_waiting',
    help: 'Queue tasks in Redis by state, absent while Redis does not answer; the same from every replica, so not to be summed.',
    labels: { state: ['waiting', 'active', 'delayed'] },
  },
  redisUp: {
    kind: 'gauge',
    name: 'kaito_redis_up',
    help: '1 when Redis answered this scrape, 0 when it did not.',
    labels: {},
  },
  workspaces: {
    kind: 'gauge',
    name: 'kaito_workspaces',
    help: 'Workspaces by mode and status.state; the same from every replica, so not to be summed.',
    labels: { mode: ['inference', 'tuning'], phase: undefined },
  },
  tuningSeconds: {
    kind: 'histogram',
    name: 'kaito_tuning_run_seconds',
    help: 'Time from the start of a tuning run to its end, as the leader saw it.',
    labels: { outcome: ['succeeded', 'failed'] },
    buckets: runSeconds,
  },
} as const satisfies Record<string, MetricDefinition>
