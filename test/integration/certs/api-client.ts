import { Agent, request } from 'undici'
import type { CertPorts, StoredSecret, WebhookConfiguration, Written } from '#certs/ports.ts'
import type { ControlPlane } from '#examples/cluster/control-plane.ts'

/** A bare client of a test's API server, as its administrator. */
export class ApiClient {
  readonly #agent: Agent
  readonly #url: string

  constructor(plane: Pick<ControlPlane, 'url' | 'ca' | 'cert' | 'key'>, connections = 16) {
    this.#url = plane.url
    this.#agent = new Agent({ connections, connect: { ca: plane.ca, cert: plane.cert, key: plane.key } })
  }

  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    type = 'application/json',
  ) {
    const answer = await request(this.#url + path, {
      dispatcher: this.#agent,
      method,
      headers: { 'content-type': type },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    return {
      code: answer.statusCode,
      text,
      warnings: answer.headers['warning'],
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
    }
  }

  /** As `call`, for what must work. */
  async must(...args: Parameters<ApiClient['call']>) {
    const answer = await this.call(...args)
    if (answer.code >= 300) throw new Error(`${args[0]} ${args[1]}: HTTP ${answer.code} ${answer.text}`)
    return answer.json
  }

  close = (): Promise<void> => this.#agent.close()
}

const CONFIGURATIONS = {
  ValidatingWebhookConfiguration: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  MutatingWebhookConfiguration: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
}

/** What certs/ wants of Kubernetes, over plain HTTPS. */
export function certPorts(api: ApiClient): CertPorts {
  const read = async (path: string) => {
    const { code, json, text } = await api.call('GET', path)
    if (code === 404) return undefined
    if (code !== 200) throw new Error(`GET ${path}: HTTP ${code} ${text}`)
    return json
  }
  const write = async (...args: Parameters<ApiClient['call']>): Promise<Written> => {
    const { code, text } = await api.call(...args)
    if (code < 300) return 'done'
    if (code === 404 || code === 409) return 'conflict'
    throw new Error(`${args[0]} ${args[1]}: HTTP ${code} ${text}`)
  }
  const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`
  return {
    getSecret: (namespace, name): Promise<StoredSecret | undefined> => read(`${secrets(namespace)}/${name}`),
    createSecret: (secret) => write('POST', secrets(secret.metadata.namespace), secret),
    updateSecret: (secret) => write('PUT', `${secrets(secret.metadata.namespace)}/${secret.metadata.name}`, secret),
    getWebhookConfiguration: ({ kind, name }): Promise<WebhookConfiguration | undefined> =>
      read(`${CONFIGURATIONS[kind]}/${name}`),
    patchCaBundle: ({ kind, name }, patch) =>
      write('PATCH', `${CONFIGURATIONS[kind]}/${name}`, patch, 'application/strategic-merge-patch+json'),
  }
}
