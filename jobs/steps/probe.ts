import { setTimeout as delay } from 'node:timers/promises'
import type { ProbeEnd, ProbeSpec } from '#src/contract/probe.ts'
import { type ImageRef, parseImageRef } from '#src/lib/image-ref.ts'
import { probePush, resolveDigest } from '#src/oci/resolve.ts'
import { failed, type Outcome } from './outcome.ts'
import { pushFailure, readLogin } from './push.ts'

/**
 * Can an adapter be pushed there? Begins an upload with the login of the push, and throws it away: what is refused now would
 * be refused after the training. The result has the digest that the tag means now, where it is taken.
 */
export async function runProbe(spec: ProbeSpec): Promise<Outcome<ProbeEnd>> {
  const parsed = parseImageRef(spec.image)
  if (!parsed.ok) return failed('ConfigInvalid', `the image "${spec.image}" is not usable: ${parsed.reason}`)
  const until = Date.now() + spec.patienceSeconds * 1000
  for (;;) {
    const { outcome, isTemporary } = await probeOnce(spec, parsed.ref)
    if (outcome.ok || !isTemporary || Date.now() + PAUSE_MS > until) return outcome
    await delay(PAUSE_MS)
  }
}

const PAUSE_MS = 3_000

interface Probed {
  readonly outcome: Outcome<ProbeEnd>
  /** May it be otherwise in a while, without anybody changing anything? */
  readonly isTemporary: boolean
}

async function probeOnce(spec: ProbeSpec, ref: ImageRef): Promise<Probed> {
  const login = await readLogin(spec.authFile, ref)
  if (!login.ok) return final(failed('PushDenied', `${login.reason}; ${HOW_TO_MAKE_ONE}`))
  const { insecureRegistries, tokenServices } = spec
  const options = { insecureRegistries, tokenServices, credentials: () => login.credentials }
  const probed = await probePush(ref, options)
  if (probed.ok) {
    // Who may push need not be one who may pull: then it is not known.
    const now = await resolveDigest(ref, options)
    return final({ ok: true, result: { image: spec.image, ...(now.ok ? { present: now.digest } : {}) } })
  }
  const failure = pushFailure(probed.error, ref)
  const isOthers = probed.reason === 'denied' && spec.authFile !== undefined && login.credentials.length === 0
  if (!isOthers) return { outcome: failure, isTemporary: probed.temporary }
  const others = login.hosts.length === 0 ? 'no login at all' : `logins for ${login.hosts.join(', ')} only`
  return final(failed('PushDenied', `the push secret holds ${others}, none for ${ref.registry}: ${failure.message}`))
}

const final = (outcome: Outcome<ProbeEnd>): Probed => ({ outcome, isTemporary: false })

const HOW_TO_MAKE_ONE =
  'make it with kubectl create secret docker-registry <name> --docker-server=… --docker-username=… --docker-password=…'
