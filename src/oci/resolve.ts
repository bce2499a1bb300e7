import { formatImageRef, type ImageRef } from '#src/lib/image-ref.ts'
import { openRegistry, type Registry, type RegistryOptions } from './registry.ts'
import { RegistryError, type RegistryErrorKind } from './registry-error.ts'

/** Why a registry could not be asked, or said no. `temporary` failures deserve another try later. */
export interface ProbeFailure {
  readonly ok: false
  readonly kind: RegistryErrorKind
  readonly message: string
  readonly temporary: boolean
}

/** The digest that the reference means now. A reference by digest is checked to exist. */
export function resolveDigest(
  ref: ImageRef,
  options: RegistryOptions = {},
): Promise<{ readonly ok: true; readonly digest: string; readonly pinned: ImageRef } | ProbeFailure> {
  return probe(ref, options, async (registry) => {
    const { digest } = await registry.headManifest(ref.repository, ref.digest ?? ref.tag ?? 'latest')
    return { ok: true as const, digest: ref.digest ?? digest, pinned: { ...ref, digest: ref.digest ?? digest } }
  })
}

/** Whether an image could be pushed there with these credentials; leaves nothing behind. */
export function probePush(ref: ImageRef, options: RegistryOptions = {}): Promise<{ readonly ok: true } | ProbeFailure> {
  return probe(ref, options, async (registry) => {
    await registry.probePush(ref.repository)
    return { ok: true as const }
  })
}

async function probe<T>(
  ref: ImageRef,
  options: RegistryOptions,
  ask: (registry: Registry) => Promise<T>,
): Promise<T | ProbeFailure> {
  // Two quick tries: whoever asks has a queue of its own to come back.
  const registry = openRegistry(ref.registry, { attempts: 2, silenceMs: 10_000, ...options })
  try {
    return await ask(registry)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const message = `${formatImageRef(ref)}: ${error.message}`
    return { ok: false, kind: error.kind, message, temporary: error.isTemporary }
  } finally {
    await registry.close()
  }
}
