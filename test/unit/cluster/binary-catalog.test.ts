import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BINARIES, type BinarySource } from '#examples/cluster/binary-catalog.ts'
import { goModulesDir } from '#examples/cluster/paths.ts'

const sources: [string, BinarySource][] = Object.entries(BINARIES)

test('every program is built from a module of this repository that pins the version it claims', () => {
  for (const [name, source] of sources.filter(([, { build }]) => build.package !== '.')) {
    const goMod = readFileSync(join(goModulesDir, source.build.module, 'go.mod'), 'utf8')
    expect(existsSync(join(goModulesDir, source.build.module, 'go.sum')), name).toBe(true)
    expect(goMod, name).toContain(source.build.package)
    const pinned = [...goMod.matchAll(/^\s+(?:require )?(\S+) (v\S+)/gm), ...goMod.matchAll(/^require (\S+) (v\S+)/gm)]
    const version = pinned.find(([, module = '']) => `${source.build.package}/`.startsWith(`${module}/`))?.[2]
    expect(version, name).toBe(`v${source.version.replace(/^v/, '')}`)
  }
})

test('a downloaded program comes with the address of its checksum on the same server', () => {
  for (const [name, { download }] of sources) {
    if (download === undefined) continue
    expect(new URL(download.checksumUrl).origin, name).toBe(new URL(download.url).origin)
    expect(download.url, name).toMatch(/^https:/)
  }
})

test('the apiserver is told its own version, else it calls itself v0.0.0-master', () => {
  expect(BINARIES['kube-apiserver'].build.ldflags).toContain('-X k8s.io/component-base/version.gitVersion=v1.35.4')
})
