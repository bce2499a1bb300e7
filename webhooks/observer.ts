/** Which question was asked, for a log line. Nothing of the object itself: it may hold what logs must not. */
export interface AdmissionSubject {
  readonly webhook: 'validate' | 'mutate'
  readonly uid: string
  readonly operation: string
  readonly namespace: string
  /** Empty where the API server is still to generate it. */
  readonly name: string
  readonly user: string
  readonly dryRun: boolean
}

export interface AdmissionEntry extends AdmissionSubject {
  readonly allowed: boolean
  /** Ids of the rules that refused. */
  readonly origins: readonly string[]
  readonly warnings: number
  /** How many JSON patch operations were sent. */
  readonly operations: number
  readonly ms: number
}

/** What webhooks/ tells the outside: metrics and log lines. Implementations must not throw. */
export interface AdmissionObserver {
  answered(entry: AdmissionEntry): void
  /** A request that was no admission review: 4xx, and why. */
  refused(code: number, reason: string): void
  /** A bug or a timeout. `id` is what the user was shown. */
  failed(failure: Partial<AdmissionSubject> & { readonly id: string; readonly error: unknown }): void
}
