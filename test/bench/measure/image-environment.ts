import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The environment that the operator image gives Node, with the compile cache in `cacheFolder`, filled as the image's build
 * fills it: what is measured must be what is shipped. `scripts` are loaded once and must end by themselves.
 */
export function imageEnvironment(cacheFolder: string, scripts: readonly URL[]): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8')
  const options = /^\s*NODE_OPTIONS="([^"]+)"/m.exec(dockerfile)?.[1]
  if (options === undefined) throw new Error('the Dockerfile sets no NODE_OPTIONS')
  const env = { NODE_OPTIONS: options, NODE_COMPILE_CACHE: cacheFolder }
  for (const script of scripts) {
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(script)], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${script.pathname} ended with ${status}: ${stderr}`)
  }
  return env
}
