import { join } from 'node:path'
import { build, buildah, buildahEnv, caBundle, isLocal } from '../../examples/quickstart/images/buildah.ts'
import { contentHash } from '../../examples/quickstart/images/content-hash.ts'
import { debianBase } from '../../examples/quickstart/images/debian-base.ts'
import { recipes } from '../../examples/quickstart/images/recipes.ts'
import { mustRun } from '../cluster/command.ts'
import { ensureDebianPackages } from '../cluster/packages.ts'
import { type Progress, withHeartbeat } from '../cluster/progress.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const CA_INSIDE = '/run/host-ca.crt'

/** Builds the trainer's image for CUDA, as an installation gets it, and returns its local name. */
export async function cudaTrainer(progress: Progress): Promise<string> {
  await ensureDebianPackages(['buildah'], progress)
  const debian = await debianBase(progress)
  const { dockerfile, context, inputs } = recipes.trainer
  const hash = contentHash({ root: ROOT, paths: inputs, extra: [debian.identity, 'DEVICE', 'cuda'] })
  const tag = `localhost/kaito-ts/trainer-cuda:${hash}`
  if (await isLocal(tag)) return tag
  await withHeartbeat(progress, 'building the trainer for CUDA', () =>
    build({
      tag,
      dockerfile: join(ROOT, dockerfile),
      context: join(ROOT, context),
      args: { DEVICE: 'cuda', BASE: debian.image },
    }),
  )
  return tag
}

/** Runs one command in a container of an image, with folders of this machine as {inside: outside}, and returns what it printed. */
export async function inImage(
  image: string,
  mounts: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<string> {
  const env = buildahEnv()
  const ca = caBundle(process.env)
  const all = { ...mounts, ...(ca === undefined ? {} : { [CA_INSIDE]: ca }) }
  const volumes = Object.entries(all).flatMap(([inside, outside]) => ['-v', `${outside}:${inside}`])
  const trust = ca === undefined ? [] : ['--env', `PIP_CERT=${CA_INSIDE}`]
  const container = (await mustRun(buildah('from', '--pull-never', image), { env })).trim()
  try {
    const argv = buildah(
      'run',
      '--isolation',
      'chroot',
      '--user',
      '0',
      ...trust,
      ...volumes,
      container,
      '--',
      ...command,
    )
    return await mustRun(argv, { env })
  } finally {
    await mustRun(buildah('rm', container), { env })
  }
}
