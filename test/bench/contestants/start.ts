import type { ServingCertificate } from '#webhooks/server.ts'

/** What a contestant is told to start; it answers with its URL. */
export interface StartMessage {
  readonly certificate: ServingCertificate
  readonly port: number
  readonly apiServer: string
  /** A folder as a pod has it for its service account. */
  readonly account: string
}

/** Runs `serve` with the first message that comes and answers with the URL. */
export function onStart(serve: (message: StartMessage) => Promise<void>): void {
  process.once('message', (message: StartMessage) => {
    serve(message).then(
      () => process.send?.({ url: `https://127.0.0.1:${message.port}` }),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}
