import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { isClusterRunning } from '#examples/cluster/cluster.ts'
import { type CommandResult, runCommand } from '#examples/cluster/command.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { authFile } from '#examples/images/images.ts'
import { ensureImages } from '#examples/quickstart/images.ts'
import { BASE_NAME } from '#examples/quickstart/manifests.ts'
import { closePlace, openPlace, type Place } from '#examples/quickstart/place.ts'
import { shellBlocks } from '../support/doc-commands.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NAMESPACE = 'kaito-system'
const CRD = 'workspaces.kaito.sh'

/** The commands of docs/install.md, as they stand there but for the registry, on the quickstart's cluster. */
describe('the installation as documented', () => {
  let place: Place
  let wasRunning = false
  let folder = ''

  /** Runs a section's commands in one shell each block; the first that fails ends it. */
  async function follow(heading: string, block = 0): Promise<CommandResult> {
    const text = shellBlocks('docs/install.md', heading)[block] ?? ''
    const { host } = new URL(place.registry.pushUrl)
    const here = `${host}/kaito --pulled-as ${place.registry.name}/kaito --kind cpu`
    const path = [join(folder, 'bin'), process.env['PATH']].join(':')
    const env = {
      ...process.env,
      PATH: path,
      KUBECONFIG: place.kubeconfig,
      REGISTRY_AUTH_FILE: join(folder, 'auth.json'),
    }
    const script = text.replaceAll('registry.example.com/kaito', here)
    const ran = await runCommand(['bash', '-euc', script], { cwd: join(folder, 'checkout'), env, timeoutMs: 400_000 })
    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)])
    return ran
  }

  const exists = async (...what: readonly string[]) =>
    (await place.kubectl(['get', ...what, '--ignore-not-found', '-o', 'name'])).stdout.trim() !== ''

  beforeAll(async () => {
    const progress = toStderr()
    wasRunning = await isClusterRunning()
    place = await openPlace({ progress })
    const { pushUrl, name, user, password } = place.registry
    const images = { registryPushUrl: pushUrl, repositoryPrefix: `${name}/kaito`, user, password, progress }
    await ensureImages(images)
    folder = tempFolder('install')
    prepareFolder(folder, place)
    authFile(folder, new URL(pushUrl).host, { user, password })
    // What the quickstart has installed would make this one look better than it is.
    if (await exists('crd', CRD)) await follow('Uninstall')
  })

  afterAll(async () => {
    if (!wasRunning) await closePlace(toStderr())
  })

  it('says in one line, before anything is built, how to log in where the registry refuses', async () => {
    const { host } = new URL(place.registry.pushUrl)
    const { code, stdout, stderr } = await runCommand(['npm', 'run', '-s', 'images', '--', '--to', `${host}/kaito`], {
      cwd: join(folder, 'checkout'),
      env: { ...process.env, REGISTRY_AUTH_FILE: join(folder, 'nobody.json') },
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(new RegExp(`^${host} does not allow to push .*: buildah login ${host}\n$`))
  })

  it('comes from a checkout and an empty cluster to an admitted Workspace', async () => {
    const { stdout } = await follow('')
    expect(stdout).toContain(`workspace.kaito.sh/${BASE_NAME} created`)
    const values = parse(readFileSync(join(folder, 'checkout', 'kaito-images.yaml'), 'utf8'))
    const jsonpath = 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}'
    const pods = await place.kubectl(['get', 'pods', '-n', NAMESPACE, '-o', jsonpath])
    const running = new Set(pods.stdout.trim().split('\n'))
    expect(running).toEqual(new Set([values.image.reference, values.redis.image.reference]))
    for (const image of running) expect(image).toMatch(/^registry\.kaito\.local:5000\/kaito\/.+@sha256:[0-9a-f]{64}$/)
  })

  it('upgrades, and builds nothing again', async () => {
    const { stderr } = await follow('Upgrade')
    expect(stderr.match(/image .+: up to date/g)).toHaveLength(4)
    expect(await exists('workspace', BASE_NAME)).toBe(true)
  })

  it('leaves nothing when it is uninstalled', async () => {
    await follow('Uninstall')
    expect(await exists('crd', CRD)).toBe(false)
    expect(await exists('namespace', NAMESPACE)).toBe(false)
  })
})

/** A checkout that commands may write into, with the very programs of the cluster first on PATH. */
function prepareFolder(folder: string, { helm, kubectlProgram }: Place): void {
  const [checkout, bin] = ['checkout', 'bin'].map((name) => join(folder, name)) as [string, string]
  for (const made of [checkout, bin]) mkdirSync(made)
  symlinkSync(helm, join(bin, 'helm'))
  symlinkSync(kubectlProgram, join(bin, 'kubectl'))
  for (const name of readdirSync(ROOT)) {
    if (name !== 'kaito-images.yaml' && existsSync(join(ROOT, name)))
      symlinkSync(join(ROOT, name), join(checkout, name))
  }
}
