import { existsSync } from 'node:fs'
import { runCommand } from '#examples/cluster/command.ts'
import { type Build, type ImageTool, type Push, runTool } from './tool.ts'

const CA_VARIABLES = ['PIP_CERT', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE']

/** The bundle of certificate authorities this machine's tools are told to trust; undefined where none is set. */
export function caBundle(env: NodeJS.ProcessEnv, exists: (path: string) => boolean = existsSync): string | undefined {
  return CA_VARIABLES.map((name) => env[name]).find((path) => path !== undefined && path !== '' && exists(path))
}

export async function build(tool: ImageTool, spec: Build): Promise<void> {
  await runTool(tool, tool.build(spec, caBundle(process.env)))
}

/** Pushes an image and gives its digest in the registry. */
export async function push(tool: ImageTool, what: Push): Promise<string> {
  let printed = ''
  for (const argv of tool.push(what)) printed += await runTool(tool, argv)
  const digest = tool.pushedDigest(what, printed)
  if (digest === undefined) throw new Error(`${tool.name} pushed ${what.destination} but did not say its digest`)
  return digest
}

export async function isLocal(tool: ImageTool, image: string): Promise<boolean> {
  return (await runCommand(tool.inspect(image), { env: { ...process.env, ...tool.env() } })).code === 0
}

/** Removes the images of older sources, so that the disk does not fill up build by build. */
export async function removeOlder(tool: ImageTool, image: string): Promise<void> {
  const env = { ...process.env, ...tool.env() }
  const [repository = ''] = image.split(/:(?=[^/:]+$)/)
  const listed = await runCommand(tool.list(), { env })
  const older = listed.stdout.split('\n').filter((line) => line.startsWith(`${repository}:`) && line !== image)
  for (const name of older) await runCommand(tool.remove(name), { env })
}
