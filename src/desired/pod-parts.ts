import type { TProperties } from 'typebox'
import type { Foreign } from '#src/api/schema-kit.ts'
import { type Body, type Message, writeMessage } from '#src/contract/message.ts'
import type {
  Container,
  ContainerSecurity,
  EnvVar,
  PodSecurity,
  PodSpec,
  Resources,
  Volume,
  VolumeMount,
} from './manifest.ts'
import { STEP_RESOURCES } from './room.ts'

/** Pieces of a pod. A pod is put together from several of them. */
export interface PodParts {
  readonly volumes: readonly Volume[]
  readonly initContainers: readonly Container[]
  readonly mounts: readonly VolumeMount[]
  /** Names of Secrets that the kubelet needs to pull images and image volumes. */
  readonly imagePullSecrets: readonly string[]
}

/** These parts and no others. */
export const partsOf = (some: Partial<PodParts>): PodParts => ({
  volumes: [],
  initContainers: [],
  mounts: [],
  imagePullSecrets: [],
  ...some,
})

export const joinParts = (...parts: readonly PodParts[]): PodParts => ({
  volumes: parts.flatMap((part) => part.volumes),
  initContainers: parts.flatMap((part) => part.initContainers),
  mounts: parts.flatMap((part) => part.mounts),
  imagePullSecrets: [...new Set(parts.flatMap((part) => part.imagePullSecrets))],
})

/** Uid of every process in our images; also the group that may write volumes. */
const USER = 1000

/** What Pod Security Standards call `restricted`: accepted in namespaces that enforce it. */
export const POD_SECURITY: PodSecurity = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
}

export const CONTAINER_SECURITY: ContainerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

export const TMP_MOUNT: VolumeMount = { name: 'tmp', mountPath: '/tmp' }

/** A volume as its user describes it: which kinds there are, the apiserver knows. */
export const foreignVolume = (name: string, source: Foreign = {}): Volume => ({ name, ...source }) as Volume

/** How a pod names the Secrets to pull its images with. */
export const pullSecrets = (...names: readonly string[]): Pick<PodSpec, 'imagePullSecrets'> =>
  names.length === 0 ? {} : { imagePullSecrets: [...new Set(names)].map((name) => ({ name })) }

export interface StepContainer<M> {
  /** Of the container; the step's own where none is given. */
  readonly name?: string
  readonly image: string
  /** The step's whole input. */
  readonly spec: Body<M>
  readonly mounts: readonly VolumeMount[]
  readonly env?: readonly EnvVar[]
  readonly resources?: Resources
}

/** A container that runs one step: its whole input is one message, its outcome the termination message. */
export const stepContainer = <P extends TProperties>(
  message: Message<P>,
  step: StepContainer<Message<P>>,
): Container => ({
  name: (step.name ?? message.name).slice(0, 63),
  image: step.image,
  ...program(message),
  env: [messageVariable(message, step.spec), ...(step.env ?? [])],
  volumeMounts: [...step.mounts, TMP_MOUNT],
  resources: step.resources ?? STEP_RESOURCES,
  securityContext: CONTAINER_SECURITY,
  terminationMessagePolicy: 'FallbackToLogsOnError',
})

const program = <P extends TProperties>(message: Message<P>): Pick<Container, 'args'> =>
  message.program === undefined ? {} : { args: [message.program, message.name] }

/** A message as a container gets it. */
export const messageVariable = <P extends TProperties>(message: Message<P>, body: Body<Message<P>>): EnvVar => ({
  name: message.variable,
  value: literalEnv(writeMessage(message, body)),
})

/** Kubernetes expands `$(NAME)` inside values; a doubled dollar is how a literal one is written. */
export const literalEnv = (text: string): string => text.replaceAll('$', '$$$$')
