import type { AdmissionRequest } from '#webhooks/admission.ts'

/** A review as an API server sends it for a Workspace, with the given parts of its request replaced. */
export const admissionReview = (request: Partial<AdmissionRequest>) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: 'kaito.sh', version: 'v1alpha1', kind: 'Workspace' },
    resource: { group: 'kaito.sh', version: 'v1alpha1', resource: 'workspaces' },
    name: 'phi',
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: 'jane' },
    dryRun: false,
    ...request,
  } satisfies AdmissionRequest,
})
