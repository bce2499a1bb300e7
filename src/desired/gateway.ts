import type { Settings } from '#src/api/settings.ts'
import { type GatewayConfig, gatewayMessage } from '#src/contract/gateway.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import type { InferenceConfig } from '#src/inference/inference-config.ts'
import type { Container, ContainerLifecycle, ContainerProbe, Volume } from './manifest.ts'
import { CONTAINER_SECURITY, messageVariable, TMP_MOUNT } from './pod-parts.ts'
import { GATEWAY_RESOURCES } from './room.ts'

export const GATEWAY_PORT = 5000

/** The engine listens on the pod's loopback only: what it offers to administrators must not be reachable from outside. */
export const ENGINE_PORT = 8000

/** On the pod's loopback; closed when the gateway has ended. */
const LIFELINE_PORT = 5001

/** A pod that goes takes requests until endpoints have forgotten it, then lets running answers end. */
const DRAIN_SECONDS = 5
const ANSWERS_END_SECONDS = 60

/** A pod has this long to end: the gateway's two waits, and some for the engine itself. */
export const GRACE_SECONDS = DRAIN_SECONDS + ANSWERS_END_SECONDS + 10

/**
 * Keeps the engine from being told to stop before the gateway has let its last answer out. The server's image has Python;
 * an `exec` without a shell, that asks the loopback twice a second and ends in time whatever happens.
 */
export const afterGateway: ContainerLifecycle = {
  preStop: {
    exec: {
      command: [
        'python3',
        '-c',
        [
          'import socket, time',
          `end = time.monotonic() + ${GRACE_SECONDS - 8}`,
          'while time.monotonic() < end:',
          '    try:',
          `        socket.create_connection(("127.0.0.1", ${LIFELINE_PORT}), 1).close()`,
          '    except OSError:',
          '        break',
          '    time.sleep(0.5)',
        ].join('\n'),
      ],
    },
  },
}

/**
 * Is the engine well? Asked from inside its own container: it listens on the loopback, and a gateway that clients keep busy must
 * not have the engine ended for it. A client can make only the gateway late, and that is ended for itself alone.
 */
export const engineAnswers: Pick<ContainerProbe, 'exec'> = {
  exec: {
    command: [
      'python3',
      '-S',
      '-c',
      [
        'import http.client, sys',
        `engine = http.client.HTTPConnection("127.0.0.1", ${ENGINE_PORT}, timeout=9)`,
        'engine.request("GET", "/health")',
        'sys.exit(engine.getresponse().status != 200)',
      ].join('\n'),
    ],
  },
}

const KEYS_VOLUME = 'api-keys'

/** The gateway alone has the keys: neither the engine nor a step before it sees them. */
export const keysVolumes = (secretName: string | undefined): readonly Volume[] =>
  secretName === undefined ? [] : [{ name: KEYS_VOLUME, secret: { secretName } }]

export interface GatewayInputs {
  readonly settings: Settings
  readonly baseModel: string
  readonly adapters: readonly string[]
  readonly engine: InferenceConfig
  /** The Secret of API keys, where there is to be one. */
  readonly keysSecret: string | undefined
}

/** The sidecar that serves /chat and the OpenAI API and hides the rest of the engine's routes. */
export function gatewayContainer({ settings, baseModel, adapters, engine, keysSecret }: GatewayInputs): Container {
  const config: GatewayConfig = {
    port: GATEWAY_PORT,
    lifelinePort: LIFELINE_PORT,
    upstream: `http://127.0.0.1:${ENGINE_PORT}`,
    baseModel,
    adapters: [...adapters],
    allowedOrigins: [...(engine.allowedOrigins ?? [])],
    apiKeys: keysSecret === undefined ? '' : MOUNT.apiKeys,
    maxRequests: engine.maxNumSeqs === undefined ? settings.gateway.maxRequests : 2 * engine.maxNumSeqs,
    answerSeconds: settings.gateway.answerSeconds,
    drainSeconds: DRAIN_SECONDS,
    graceSeconds: ANSWERS_END_SECONDS,
    logLevel: 'info',
  }
  return {
    name: 'gateway',
    image: settings.images.operator,
    args: ['src/gateway/main.ts'],
    env: [messageVariable(gatewayMessage, config)],
    ports: [{ name: 'http', containerPort: GATEWAY_PORT, protocol: 'TCP' }],
    volumeMounts: [
      TMP_MOUNT,
      ...(keysSecret === undefined ? [] : [{ name: KEYS_VOLUME, mountPath: MOUNT.apiKeys, readOnly: true }]),
    ],
    resources: GATEWAY_RESOURCES,
    securityContext: CONTAINER_SECURITY,
    // Ready = the engine answers and lists every adapter; the Service sends nothing before that.
    readinessProbe: {
      httpGet: { path: '/ready', port: GATEWAY_PORT },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    livenessProbe: { tcpSocket: { port: GATEWAY_PORT }, periodSeconds: 20, failureThreshold: 6 },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}
