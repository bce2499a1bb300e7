import type { TProperties } from 'typebox'
import { type Body, type Message, writeMessage } from '#src/contract/message.ts'

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

export interface StepContainer<M> {
  /** Of the container; the step's own where none is given. */
  readonly name?: string
  readonly image: string
  /** The step's whole input. */
  readonly spec: Body<M>
  readonly mounts: readonly Json[]
  readonly env?: readonly Json[]
  readonly resources?: Json
}

/** A container that runs one step: its whole input is one message, its outcome the termination message. */
export const stepContainer = <P extends TProperties>(message: Message<P>, step: StepContainer<Message<P>>): Json => ({
  name: (step.name ?? message.name).slice(0, 63),
  image: step.image,
  ...(message.program === undefined ? {} : { args: [message.program, message.name] }),
  env: [messageVariable(message, step.spec), ...(step.env ?? [])],
  volumeMounts: [...step.mounts, TMP_MOUNT],
  resources: step.resources ?? { requests: { cpu: '100m', memory: '256Mi' } },
  securityContext: CONTAINER_SECURITY,
  terminationMessagePolicy: 'FallbackToLogsOnError',
})

/** A message as a container gets it. */
export const messageVariable = <P extends TProperties>(message: Message<P>, body: Body<Message<P>>): Json => ({
  name: message.variable,
  value: literalEnv(writeMessage(message, body)),
})

/** Kubernetes expands `$(NAME)` inside values; a doubled dollar is how a literal one is written. */
export const literalEnv = (text: string): string => text.replaceAll('$', '$$$$')
