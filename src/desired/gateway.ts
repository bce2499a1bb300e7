import type { Settings } from '#src/api/settings.ts'
import { CONTAINER_SECURITY, type Json, literalEnv, TMP_MOUNT } from './pod-parts.ts'

export const GATEWAY_PORT = 5000

/** The engine listens on the pod's loopback only: what it offers to administrators must not be reachable from outside. */
export const ENGINE_PORT = 8000

/** The sidecar that serves /chat and the OpenAI API and hides the rest of the engine's routes. */
export function gatewayContainer(settings: Settings, baseModel: string, adapters: readonly string[]): Json {
  const config = { port: GATEWAY_PORT, upstream: `http://127.0.0.1:${ENGINE_PORT}`, baseModel, adapters }
  return {
    name: 'gateway',
    image: settings.images.operator,
    args: ['src/gateway/main.ts'],
    env: [{ name: 'KAITO_GATEWAY', value: literalEnv(JSON.stringify(config)) }],
    ports: [{ name: 'http', containerPort: GATEWAY_PORT, protocol: 'TCP' }],
    volumeMounts: [TMP_MOUNT],
    resources: { requests: { cpu: '50m', memory: '96Mi' } },
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
