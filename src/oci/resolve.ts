import { formatImageRef, type ImageRef } from '#src/lib/image-ref.ts'
import type { Result } from '#src/lib/result.ts'
import { openRegistry, type Registry, type RegistryOptions } from './registry.ts'
import { RegistryError, type RegistryErrorKind } from './registry-error.ts'

/** What a registry was asked, or in one word why it could not be, or said no. `temporary` failures deserve another try later. */
type Probed<Found> = Result<
  Found,
  RegistryErrorKind,
  { readonly message: string; readonly temporary: boolean; readonly error: RegistryError }
>

/** The digest that the reference means now. A reference by digest is checked to exist. */
export function resolveDigest(
  ref: ImageRef,
  options: RegistryOptions = {},
): Promise<Probed<{ readonly digest: string; readonly pinned: ImageRef }>> {
  return probe(ref, options, async (registry) => {
    const { digest } = await registry.headManifest(ref.repository, ref.digest ?? ref.tag ?? 'latest')
    return { ok: true, digest: ref.digest ?? digest, pinned: { ...ref, digest: ref.digest ?? digest } }
  })
}

/** Whether an image could be pushed there with these credentials; leaves nothing behind. */
export function probePush(ref: ImageRef, options: RegistryOptions = {}): Promise<Probed<object>> {
  return probe(ref, options, async (registry) => {
    await registry.probePush(ref.repository)
    return { ok: true }
  })
}

async function probe<Found>(
  ref: ImageRef,
  options: RegistryOptions,
  ask: (registry: Registry) => Promise<Probed<Found>>,
): Promise<Probed<Found>> {
  // Two quick tries: whoever asks has a queue of its own to come back.
  const registry = openRegistry(ref.registry, { attempts: 2, silenceMs: 10_000, ...options })
  try {
    return await ask(registry)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const message = `${formatImageRef(ref)}: ${error.message}`
    return { ok: false, reason: error.kind, message, temporary: error.isTemporary, error }
  } finally {
    await registry.close()
  }
}
