import { RegistryError } from '#src/oci/registry-error.ts'
import { ToolFailed, type ToolName } from './tool.ts'

export interface Circumstances {
  readonly tool: ToolName
  /** Where the tool keeps its images. */
  readonly store: string
  /** The registry. */
  readonly host: string
}

type Remedy = (circumstances: Circumstances) => string

const login: Remedy = ({ tool, host }) =>
  `${host} refuses the push. Log in as somebody who may push: ${tool} login ${host}`
const plainHttp: Remedy = ({ tool, host }) =>
  tool === 'docker'
    ? `${host} speaks plain HTTP. List it under insecure-registries in /etc/docker/daemon.json and add --plain-http`
    : `${host} speaks plain HTTP. Add --plain-http if that is meant`
const noRepository: Remedy = ({ host }) =>
  `${host} has no repository of that name and makes none by a push. Create operator, redis, trainer and server below the path first`
const noAnswer: Remedy = ({ host }) => `${host} does not answer. Is the name right, and can this machine reach it?`

type Said = readonly (readonly [RegExp, Remedy])[]

/** What tools say whatever they do, and what to do about it. */
const SAID: Said = [
  [
    /no space left on device|ENOSPC|disk quota exceeded/i,
    ({ tool, store }) =>
      `The disk is full. The images are in ${store}; make room${tool === 'docker' ? ' (docker system prune)' : ''}, then run the same command again: it goes on where it stopped`,
  ],
  [
    /cannot connect to the docker daemon|permission denied while trying to connect to the docker/i,
    () =>
      'The Docker daemon does not answer. Start it, be a user who may use it, or build without it: apt-get install buildah, then --tool buildah',
  ],
  [
    /toomanyrequests|too many requests|rate limit/i,
    ({ tool }) => `Too many downloads from Docker Hub. Log in there (${tool} login docker.io), or wait`,
  ],
  [
    /x509: |certificate signed by unknown authority/i,
    () =>
      'A certificate is not trusted on this machine. Install its authority (update-ca-certificates), then run this again',
  ],
]

/** What a push was answered. */
const SAID_TO_A_PUSH: Said = [
  [/server gave HTTP response to HTTPS client/i, plainHttp],
  [/unauthorized|authentication required|basic auth credentials|denied|status code 40[13]|: 40[13] /i, login],
  [/name unknown|repository .*(not found|does not exist)/i, noRepository],
  [/no such host|connection refused|i\/o timeout|network is unreachable/i, noAnswer],
]

/** One line for a person, with the remedy where one is known; undefined where only the output itself can help. */
export function explain(error: unknown, circumstances: Circumstances): string | undefined {
  if (error instanceof RegistryError) return explainRegistry(error, circumstances)
  const isPush = error instanceof ToolFailed && error.command === 'push'
  const said = error instanceof ToolFailed ? error.output : error instanceof Error ? error.message : String(error)
  const known = [...SAID, ...(isPush ? SAID_TO_A_PUSH : [])]
  return known.find(([pattern]) => pattern.test(said))?.[1](circumstances)
}

function explainRegistry({ kind, message }: RegistryError, circumstances: Circumstances): string {
  if (kind === 'denied')
    return `${message}. Log in as somebody who may push: ${circumstances.tool} login ${circumstances.host}`
  if (kind === 'tls') return plainHttp(circumstances)
  if (kind === 'not-found') return noRepository(circumstances)
  return kind === 'dns' || kind === 'network' ? `${noAnswer(circumstances)} (${message})` : message
}
