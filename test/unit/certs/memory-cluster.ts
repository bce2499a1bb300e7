import type {
  CertPorts,
  CertSecret,
  ServiceRef,
  StoredSecret,
  WebhookConfiguration,
  WebhookRef,
  Written,
} from '#certs/ports.ts'
import { defined } from '#src/lib/defined.ts'

/** What an API server does for certs/, in memory: versions, conflicts, and merging of webhooks by name. */
export class MemoryCluster implements CertPorts {
  #version = 0
  secret: StoredSecret | undefined
  readonly configurations = new Map<string, WebhookConfiguration>()
  writes = 0
  /** Called before each operation takes place, so that a test may decide when that is. */
  before: (operation: string) => Promise<void> = async () => {}
  /** Called after each write. */
  after: () => void = () => {}

  addConfiguration(name: string, caBundle?: string, service?: ServiceRef): WebhookRef {
    const clientConfig = defined({ caBundle, service })
    this.configurations.set(name, { metadata: this.#metadata(name), webhooks: [{ name, clientConfig }] })
    return { kind: 'ValidatingWebhookConfiguration', name }
  }

  /** The PEM that a configuration trusts now. */
  trusted(name: string): string {
    const caBundle = this.configurations.get(name)?.webhooks?.[0]?.clientConfig?.caBundle
    return Buffer.from(caBundle ?? '', 'base64').toString('utf8')
  }

  async getSecret(): Promise<StoredSecret | undefined> {
    await this.before('getSecret')
    return this.secret
  }

  async createSecret(secret: CertSecret): Promise<Written> {
    await this.before('createSecret')
    return this.secret === undefined ? this.#store(secret) : 'conflict'
  }

  async updateSecret(secret: StoredSecret): Promise<Written> {
    await this.before('updateSecret')
    const same = this.secret?.metadata.resourceVersion === secret.metadata.resourceVersion
    return same ? this.#store(secret) : 'conflict'
  }

  async getWebhookConfiguration({ name }: WebhookRef): Promise<WebhookConfiguration | undefined> {
    await this.before('getWebhookConfiguration')
    return this.configurations.get(name)
  }

  async patchCaBundle({ name }: WebhookRef, patch: Parameters<CertPorts['patchCaBundle']>[1]): Promise<Written> {
    await this.before('patchCaBundle')
    const stored = this.configurations.get(name)
    if (stored?.metadata.resourceVersion !== patch.metadata.resourceVersion) return 'conflict'
    this.configurations.set(name, { metadata: this.#metadata(name), webhooks: patch.webhooks })
    return this.#written()
  }

  #store(secret: CertSecret): Written {
    const { name, namespace } = secret.metadata
    this.secret = { ...secret, metadata: { ...secret.metadata, ...this.#metadata(name), namespace } }
    return this.#written()
  }

  #metadata = (name: string) => ({ name, resourceVersion: String(++this.#version) })

  #written(): Written {
    this.writes++
    this.after()
    return 'done'
  }
}
