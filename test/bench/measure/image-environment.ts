import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The environment that the operator image gives Node, with the compile cache in `cacheFolder`, filled as the image's build
 * fills it: what is measured must be what is shipped. `scripts` are loaded once and must end by themselves: well, or with 64,
 * which says that they were given nothing to do.
 */
export function imageEnvironment(cacheFolder: string, scripts: readonly URL[]): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8')
  const [, block = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile) ?? []
  const pairs = [...block.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, bare]) => [
    name,
    quoted ?? bare,
  ])
  const env = { ...Object.fromEntries(pairs), NODE_COMPILE_CACHE: cacheFolder }
  if (!('NODE_OPTIONS' in env)) throw new Error('the Dockerfile sets no NODE_OPTIONS')
  for (const script of scripts) {
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(script)], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
    if (status !== 0 && status !== 64) throw new Error(`${script.pathname} ended with ${status}: ${stderr}`)
  }
  return env
}
