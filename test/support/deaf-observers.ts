import type { CertObserver } from '#certs/observer.ts'
import type { AdmissionObserver } from '#webhooks/observer.ts'

/** For whoever wants to hear one thing only: `{ ...deafToCerts, failed: log }`. */
export const deafToCerts: CertObserver = { serving() {}, changed() {}, failed() {} }
export const deafToReviews: AdmissionObserver = { answered() {}, refused() {}, failed() {} }
