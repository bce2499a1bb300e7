/** Pieces of a pod, as JSON. A pod is put together from several of them. */
export type Json = Readonly<Record<string, unknown>>

export interface PodParts {
  readonly volumes: readonly Json[]
  readonly initContainers: readonly Json[]
  readonly mounts: readonly Json[]
  /** Names of Secrets that the kubelet needs to pull images and image volumes. */
  readonly imagePullSecrets: readonly string[]
}

export const NO_PARTS: PodParts = { volumes: [], initContainers: [], mounts: [], imagePullSecrets: [] }

export const joinParts = (...parts: readonly PodParts[]): PodParts => ({
  volumes: parts.flatMap((part) => part.volumes),
  initContainers: parts.flatMap((part) => part.initContainers),
  mounts: parts.flatMap((part) => part.mounts),
  imagePullSecrets: [...new Set(parts.flatMap((part) => part.imagePullSecrets))],
})

/** Uid of every process in our images; also the group that may write volumes. */
const USER = 1000

/** What Pod Security Standards call `restricted`: accepted in namespaces that enforce it. */
export const POD_SECURITY: Json = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
}

export const CONTAINER_SECURITY: Json = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

export const TMP_VOLUME: Json = { name: 'tmp', emptyDir: {} }
export const TMP_MOUNT: Json = { name: 'tmp', mountPath: '/tmp' }

export interface StepContainer {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly spec: unknown
  readonly mounts: readonly Json[]
  readonly env?: readonly Json[]
  readonly resources?: Json
}

/** A container that runs one step: its whole input is the JSON in KAITO_STEP, its outcome the termination message. */
export const stepContainer = (step: StepContainer): Json => ({
  name: step.name,
  image: step.image,
  ...(step.args.length > 0 ? { args: step.args } : {}),
  env: [{ name: 'KAITO_STEP', value: literalEnv(JSON.stringify(step.spec)) }, ...(step.env ?? [])],
  volumeMounts: [...step.mounts, TMP_MOUNT],
  resources: step.resources ?? { requests: { cpu: '100m', memory: '256Mi' } },
  securityContext: CONTAINER_SECURITY,
  terminationMessagePolicy: 'FallbackToLogsOnError',
})

/** Kubernetes expands `$(NAME)` inside values; a doubled dollar is how a literal one is written. */
export const literalEnv = (text: string): string => text.replaceAll('$', '$$$$')
