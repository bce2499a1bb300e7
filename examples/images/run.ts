import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { runCommand } from '#examples/cluster/command.ts'
import { toStderr } from '#examples/cluster/progress.ts'
import { buildahTool } from './buildah.ts'
import type { Destination } from './destination.ts'
import { dockerTool } from './docker.ts'
import { explain } from './explain.ts'
import { publish } from './images.ts'
import { loginFiles, readLogins } from './logins.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { type ImageName, UPSTREAM_SERVER } from './recipes.ts'
import { type ImageTool, ToolFailed } from './tool.ts'
import { withImages } from './values-file.ts'

const parsed = parseOptions(process.argv.slice(2))
if (parsed.ok) process.exitCode = await main(parsed.options)
else if (parsed.reason === undefined) console.log(USAGE)
else {
  console.error(`${parsed.reason}\n\n${USAGE}`)
  process.exitCode = 64
}

async function main(options: Options): Promise<number> {
  const { host, kind, names, values } = options
  const tool = await chosenTool(options)
  if (tool === undefined) return 1
  try {
    // A file that nothing can be written into is not found out after an hour of building.
    const valuesText = values !== undefined && existsSync(values) ? readFileSync(values, 'utf8') : ''
    inFile(values, () => withImages(valuesText, new Map()))
    const published = await publish({ tool, kind, names, to: destination(options, tool), progress: toStderr() })
    const references = new Map<ImageName, string>(
      [...published].map(([name, { digest }]) => [name, `${options.pulledAs}/${name}@${digest}`]),
    )
    if (isServedByUpstream(options)) references.set('server', UPSTREAM_SERVER)
    const text = inFile(values, () => withImages(valuesText, references))
    if (values === undefined) process.stdout.write(text)
    else {
      writeFileSync(values, text)
      console.log(next(values))
    }
    return 0
  } catch (error) {
    const line = explain(error, { tool: tool.name, store: tool.store, host })
    console.error(line ?? (error instanceof Error ? error.message : String(error)))
    return 1
  }
}

/** All images of a cluster with GPUs were asked for: the values say so, whatever the file said before. */
function isServedByUpstream({ kind, names }: Options): boolean {
  return kind === 'cuda' && names.length === 3 && !names.includes('server')
}

function inFile(file: string | undefined, work: () => string): string {
  try {
    return work()
  } catch (error) {
    throw new Error(`${file ?? 'stdout'}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The tool that was asked for, or the first that works. Says what to install or to start where there is none. */
async function chosenTool({ tool: asked, host }: Options): Promise<ImageTool | undefined> {
  const faults: string[] = []
  for (const tool of [buildahTool, dockerTool].filter(({ name }) => asked === undefined || asked === name)) {
    const argv = tool.probe()
    const { code, stderr } = await runCommand(argv)
    if (code === 0) return tool
    const failed = new ToolFailed(argv, code, stderr.trim())
    const isMissing = stderr.includes('ENOENT')
    faults.push(
      isMissing
        ? `${tool.name} is not installed.`
        : (explain(failed, { tool: tool.name, store: tool.store, host }) ?? failed.message),
    )
  }
  const install =
    'Install one of apt-get install buildah and https://docs.docker.com/engine/install, then run this again.'
  console.error([...faults, ...(faults.every((fault) => fault.endsWith('installed.')) ? [install] : [])].join(' '))
  return undefined
}

function destination({ host, path, plainHttp }: Options, tool: ImageTool): Destination {
  const files = loginFiles(tool.name, process.env, process.getuid?.() ?? 0)
  const { auths, hasHelper } = readLogins(host, files.map(readable))
  const isBehindProxy = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => process.env[name])
  return { host, path, plainHttp, auths, hasHiddenLogin: hasHelper, isBehindProxy }
}

function readable(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function next(file: string): string {
  return `
${file} has the values. Next:

  helm install kaito charts/kaito-ts --namespace kaito-system --create-namespace --values ${file} --wait
  kubectl apply -f examples/inference-phi-3.yaml

Installed already? helm upgrade kaito charts/kaito-ts --namespace kaito-system --reset-then-reuse-values --values ${file} --wait
Nodes that need a login to pull, and clusters other than AKS with node auto-provisioning: docs/install.md`
}
