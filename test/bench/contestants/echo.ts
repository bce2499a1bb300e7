import Fastify from 'fastify'
import { onStart } from './start.ts'

// As little as an admission webhook can be: fastify, TLS, JSON in, `allowed` out. No log, no metrics, no checks.
onStart(async ({ certificate, port }) => {
  const app = Fastify({
    https: { cert: certificate.certificate, key: certificate.key },
    keepAliveTimeout: 120_000,
    bodyLimit: 7 * 1024 * 1024,
  })
  for (const path of ['/validate', '/mutate']) {
    app.post<{ Body: { request: { uid: string } } }>(path, async ({ body }) => ({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: body.request.uid, allowed: true },
    }))
  }
  await app.listen({ host: '127.0.0.1', port })
})
