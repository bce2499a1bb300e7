import { CertKeeper, type KeeperOptions } from '#certs/keeper.ts'
import { firstCertificate } from '#certs/source.ts'
import { mint, serve } from '#test/integration/webhooks/rig.ts'
import { deafToReviews } from '#test/support/deaf-observers.ts'
import type { Admission } from '#webhooks/admission.ts'

/** One replica of the operator, as far as certificates and admission go: a keeper and the server that follows it. */
export interface Replica {
  readonly port: number
  /** How many certificates it has served so far. */
  served(): number
  stop(): Promise<void>
}

export async function startReplica(
  options: KeeperOptions,
  admission: Admission,
  failed: (error: unknown) => void,
): Promise<Replica> {
  const keeper = new CertKeeper(options)
  await keeper.pass()
  const certificate = await firstCertificate(keeper, AbortSignal.timeout(5_000))
  const observer = { ...deafToReviews, failed: ({ error }: { readonly error: unknown }) => failed(error) }
  const { server, url } = await serve(mint(), { certificate, admission, observer })
  let served = 1
  keeper.onChange((next) => {
    served++
    server.use(next)
  })
  const stop = new AbortController()
  const running = keeper.run(stop.signal)
  return {
    port: Number(new URL(url).port),
    served: () => served,
    stop: async () => {
      stop.abort()
      await running
      await server.drain()
    },
  }
}
