/** The five things certs/ wants of Kubernetes. Implemented over src/kube in src/wire/certificates.ts, over plain HTTPS in tests. */
export interface CertPorts {
  /** Undefined when there is none. Must be read from the API server, not from a cache: see keeper.ts. */
  getSecret(namespace: string, name: string): Promise<StoredSecret | undefined>
  createSecret(secret: CertSecret): Promise<Written>
  /** Fails with `conflict` when the stored resourceVersion is another than `secret.resourceVersion`. */
  updateSecret(secret: StoredSecret): Promise<Written>
  getWebhookConfiguration(ref: WebhookRef): Promise<WebhookConfiguration | undefined>
  /** Sends the patch as it is, as `application/strategic-merge-patch+json`. It changes nothing but caBundle. */
  patchCaBundle(ref: WebhookRef, patch: CaBundlePatch): Promise<Written>
}

/** `conflict`: somebody else was faster (409), or the object came or went meanwhile. Read again and think again. */
export type Written = 'done' | 'conflict'

export interface WebhookRef {
  readonly kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration'
  readonly name: string
}

/** A Secret as Kubernetes has it: `data` is base64. */
export interface CertSecret {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly type: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data: Readonly<Record<string, string>>
}

export type StoredSecret = CertSecret & { readonly metadata: { readonly resourceVersion: string } }

/** What is read of a webhook configuration: enough to see whether a patch is needed. */
export interface WebhookConfiguration {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
  readonly webhooks?: readonly {
    readonly name: string
    readonly clientConfig?: { readonly caBundle?: string; readonly service?: ServiceRef }
  }[]
}

export interface ServiceRef {
  readonly namespace: string
  readonly name: string
}

/** Lists of webhooks merge by name, so that every other field keeps its value whoever set it (AKS edits selectors). */
export interface CaBundlePatch {
  readonly metadata: { readonly resourceVersion: string }
  readonly webhooks: readonly { readonly name: string; readonly clientConfig: { readonly caBundle: string } }[]
}
