import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PullEnd, PullSpec } from '#src/contract/pull.ts'
import { defined } from '#src/lib/defined.ts'
import { type Credential, credentialsFor, type DockerAuth, parseDockerConfig } from '#src/lib/docker-config.ts'
import { formatImageRef, type ImageRef, parseImageRef } from '#src/lib/image-ref.ts'
import type { Result } from '#src/lib/result.ts'
import { type Descriptor, parseManifest, platformList, selectPlatform } from '#src/oci/manifest.ts'
import { openRegistry, type Registry } from '#src/oci/registry.ts'
import { errorCode, RegistryError } from '#src/oci/registry-error.ts'
import { failed, type Outcome } from './outcome.ts'
import { type ByteProgress, startProgress } from './progress.ts'
import { capped, decompress } from './unpack/decompression.ts'
import { applyLayer, type Unpacking } from './unpack/layer.ts'
import { linkStaysInside } from './unpack/scoped-path.ts'

/** Unpacks an image's file system into `out`. */
export async function runPull(spec: PullSpec): Promise<Outcome<PullEnd>> {
  const parsed = parseImageRef(spec.image)
  if (!parsed.ok) return failed('ConfigInvalid', `the image "${spec.image}" is not usable: ${parsed.reason}`)
  const credentials = await readCredentials(spec.authDir, parsed.ref)
  const { insecureRegistries, tokenServices } = spec
  const known = { insecureRegistries, tokenServices, credentials: () => credentials }
  const registry = openRegistry(parsed.ref.registry, known)
  try {
    return await pullImage(registry, parsed.ref, spec)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return pullFailure(error, parsed.ref)
  } finally {
    await registry.close()
  }
}

async function pullImage(registry: Registry, ref: ImageRef, spec: PullSpec): Promise<Outcome<PullEnd>> {
  const found = await findImage(registry, ref)
  if (!found.ok) return failed('ConfigInvalid', `${spec.image}: ${found.reason}`)
  const foreign = found.layers.find(({ mediaType }) => !/\.tar(\.gzip|\+gzip|\+zstd)?$/.test(mediaType))
  if (foreign !== undefined) {
    const reason = `has a layer of type ${foreign.mediaType}, which is no file system; push it as a container image`
    return failed('ConfigInvalid', `${spec.image} ${reason}`)
  }
  await mkdir(spec.out, { recursive: true })
  const progress = startProgress('pull')
  for (const { size } of found.layers) progress.expect(size)
  const unpacking = {
    root: spec.out,
    maxEntries: 200_000,
    ...defined({ maxFileBytes: spec.maxFileBytes }),
    entries: 0,
    files: 0,
    skipped: 0,
    links: new Set<string>(),
  }
  const unpacked = { bytes: 0 }
  try {
    for (const layer of found.layers) {
      const reading = { atEnd: false }
      const blob = counted(registry.readBlob(ref.repository, layer), progress, reading)
      await applyLayer(capped(decompress(blob), unpacked, spec.maxBytes), unpacking)
      // The digest is proven at the blob's end only, and an unpacker may stop before it.
      if (!reading.atEnd) throw new Error(`the layer ${layer.digest} holds data after its end`)
    }
  } catch (error) {
    if (error instanceof RegistryError || isFileSystemError(error)) throw error
    return failed('ConfigInvalid', `${spec.image}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const stray = await findEscape(unpacking)
  if (stray !== undefined) {
    return failed('ConfigInvalid', `${spec.image}: the link "${stray}" points outside of the image`)
  }
  progress.finish()
  const { files, skipped } = unpacking
  const image = formatImageRef({ ...ref, digest: ref.digest ?? found.digest })
  return { ok: true, result: { image, digest: found.digest, files, bytes: unpacked.bytes, skipped } }
}

type FoundImage = Result<{ readonly digest: string; readonly layers: readonly Descriptor[] }>

async function findImage(registry: Registry, ref: ImageRef): Promise<FoundImage> {
  let reference = ref.digest ?? ref.tag ?? 'latest'
  // An index may point to another index; two levels are more than anyone has.
  for (let depth = 0; depth < 3; depth++) {
    const { digest, bytes } = await registry.getManifest(ref.repository, reference)
    const parsed = parseManifest(bytes.toString('utf8'))
    if (!parsed.ok) return parsed
    if (parsed.manifest.kind === 'image') return { ok: true, digest, layers: parsed.manifest.layers }
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch
    const chosen = selectPlatform(parsed.manifest.manifests, { os: 'linux', architecture })
    if (chosen === undefined) {
      const offered = platformList(parsed.manifest.manifests)
      return { ok: false, reason: `there is no image for linux/${architecture}, only for ${offered || 'nothing'}` }
    }
    reference = chosen.digest
  }
  return { ok: false, reason: 'indexes are nested too deeply' }
}

/** Of all Secrets together, as the kubelet has it: the most specific entry first, whichever Secret it is in. */
async function readCredentials(folder: string | undefined, ref: ImageRef): Promise<Credential[]> {
  if (folder === undefined) return []
  const auths: DockerAuth[] = []
  // A folder that is not there is an optional secret that does not exist.
  const names = await readdir(folder).catch((error: unknown) =>
    errorCode(error) === 'ENOENT' ? [] : Promise.reject(error),
  )
  for (const name of names.toSorted()) {
    // Secret volumes hold `..data` folders beside the links to their files.
    if (name.startsWith('..') || !(await stat(join(folder, name))).isFile()) continue
    const parsed = parseDockerConfig(await readFile(join(folder, name), 'utf8'))
    if (parsed.ok) auths.push(...parsed.auths)
    else console.log(`the pull secret ${name} is skipped: ${parsed.reason}`)
  }
  return credentialsFor(auths, ref)
}

async function* counted(
  blob: AsyncIterable<Buffer>,
  progress: ByteProgress,
  reading: { atEnd: boolean },
): AsyncGenerator<Buffer> {
  for await (const chunk of blob) {
    progress.add(chunk.length)
    yield chunk
  }
  reading.atEnd = true
}

async function findEscape(unpacking: Unpacking): Promise<string | undefined> {
  for (const path of unpacking.links) {
    if (!(await linkStaysInside(unpacking.root, path.split('/')))) return path
  }
  return undefined
}

function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function pullFailure(error: RegistryError, ref: ImageRef): Outcome<PullEnd> {
  const name = formatImageRef(ref)
  const message = error.message.includes(ref.repository) ? error.message : `${name}: ${error.message}`
  if (error.kind === 'denied') return failed('PullDenied', `${message}; name a pull secret that may read it`)
  if (error.kind === 'not-found') {
    return failed('PullDenied', `${name} does not exist, or the credentials given may not see it (${error.message})`)
  }
  return failed(error.isTemporary ? 'PullFailed' : 'ConfigInvalid', message)
}
