import { readFile } from 'node:fs/promises'
import type { PushResult } from '#src/contract/outcome.ts'
import type { PushEnd, PushSpec } from '#src/contract/push.ts'
import { runAnnotations } from '#src/contract/run-record.ts'
import { type Credential, credentialsFor, parseDockerConfig } from '#src/lib/docker-config.ts'
import { type ImageRef, parseImageRef } from '#src/lib/image-ref.ts'
import type { Result } from '#src/lib/result.ts'
import { type BuiltImage, buildAdapterImage } from '#src/oci/image.ts'
import { openRegistry } from '#src/oci/registry.ts'
import { errorCode, RegistryError } from '#src/oci/registry-error.ts'
import { readAdapter } from './adapter-files.ts'
import { type Failed, failed, type Outcome } from './outcome.ts'
import { withPatience } from './patience.ts'
import { startProgress } from './progress.ts'

/** Pushes the adapter in `from` as an image. The same files and annotations give the same digest. */
export async function runPush(spec: PushSpec): Promise<Outcome<PushEnd>> {
  const parsed = parseImageRef(spec.image)
  if (!parsed.ok) return failed('ConfigInvalid', `the image "${spec.image}" is not usable: ${parsed.reason}`)
  const { ref } = parsed
  const { tag } = ref
  if (ref.digest !== undefined || tag === undefined) {
    return failed('ConfigInvalid', `the image "${spec.image}" names a digest; an output needs a tag instead`)
  }
  const adapter = await readAdapter(spec.from)
  if (!adapter.ok) return failed('TrainingFailed', `the training left no usable adapter: ${adapter.reason}`)
  const { config, record } = adapter.about
  // What the operator says of the run counts: the rest is by whatever ran in the pod.
  const image = await buildAdapterImage(adapter.files, { ...runAnnotations(record, config), ...spec.annotations })
  const attempt = () => pushOnce(spec, { ...ref, tag }, image)
  return withPatience(spec.patienceSeconds, attempt)
}

async function pushOnce(
  spec: PushSpec,
  ref: ImageRef & { readonly tag: string },
  image: BuiltImage,
): Promise<Outcome<PushEnd>> {
  // Read anew each time: a Secret that was corrected meanwhile is in the mounted file within about a minute.
  const login = await readLogin(spec.authFile, ref)
  if (!login.ok) return failed('PushDenied', login.reason)
  const { insecureRegistries, tokenServices } = spec
  const credentials = () => login.credentials
  const registry = openRegistry(ref.registry, { insecureRegistries, tokenServices, credentials })
  const progress = startProgress('push')
  progress.expect(image.size)
  try {
    for (const blob of image.blobs) {
      await registry.putBlob(ref.repository, blob)
      progress.add(blob.size)
    }
    await registry.putManifest(ref.repository, ref.tag, image.mediaType, image.manifest)
    progress.add(image.manifest.length)
  } catch (error) {
    // Whatever it was, the trained adapter is worth another try.
    return error instanceof RegistryError
      ? pushFailure(error, ref)
      : failed('PushFailed', `it broke off: ${errorCode(error)}`)
  } finally {
    await registry.close()
  }
  progress.finish()
  const result: PushResult = { image: spec.image, digest: image.digest, bytes: image.size }
  return { ok: true, result: { ...result } }
}

type Login = Result<{
  readonly credentials: readonly Credential[]
  /** What there is a login for. */
  readonly hosts: readonly string[]
}>

export async function readLogin(path: string | undefined, ref: ImageRef): Promise<Login> {
  if (path === undefined) return { ok: true, credentials: [], hosts: [] }
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return { ok: false, reason: `the push secret cannot be read from ${path} (${errorCode(error)})` }
  }
  const parsed = parseDockerConfig(text)
  if (!parsed.ok) return { ok: false, reason: `the push secret is not usable: ${parsed.reason}` }
  return { ok: true, credentials: credentialsFor(parsed.auths, ref), hosts: parsed.auths.map(({ key }) => key) }
}

/** Why a registry did not take an image, in its own words, and what to do about it. */
export function pushFailure(error: RegistryError, ref: ImageRef): Failed<Exclude<PushEnd, 'TrainingFailed'>> {
  const words = error.words ?? ''
  if (/\bNAME_INVALID\b/.test(words))
    return failed('ConfigInvalid', `${error.message}; the registry takes no such name`)
  if (isAboutRoom(words)) return failed('PushDenied', `${error.message}; make room there, or raise the quota`)
  if (error.kind === 'denied') {
    return failed('PushDenied', error.isUnsent ? error.message : `${error.message}; ${deniedHint(ref)}`)
  }
  if (error.kind === 'not-found') {
    return failed('PushDenied', `${error.message}; the registry has no such repository, create it first`)
  }
  return failed('PushFailed', error.message)
}

/** A full project is refused like a missing role, and no login mends it. The last two are Harbor's and a disk's words. */
const isAboutRoom = (words: string) => /quota|storage limit|configured upper limit|no space left/i.test(words)

function deniedHint(ref: ImageRef): string {
  if (ref.registry.endsWith('.azurecr.io')) {
    return `give the identity behind the push secret the role AcrPush on ${ref.registry}, and check that the secret is for this registry`
  }
  return `check that the push secret holds a login for ${ref.registry} with the right to push to ${ref.repository}`
}
