import { execFile } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '#examples/cluster/registry.ts'
import { pushLayers, type SampleEntry, tarOf } from './image-sample.ts'
import { runStep, scratchFolder } from './step-run.ts'

const execute = promisify(execFile)
let server: Registry
let scratch: string
let count = 0

beforeAll(async () => {
  server = await startRegistry()
  scratch = await scratchFolder()
  await writeAuth('auth', server.password)
})
afterAll(async () => {
  await server.stop()
  await rm(scratch, { recursive: true })
})

async function writeAuth(folder: string, password: string): Promise<string> {
  await mkdir(join(scratch, folder), { recursive: true })
  const auth = Buffer.from(`${server.user}:${password}`).toString('base64')
  await writeFile(join(scratch, folder, 'config.json'), JSON.stringify({ auths: { [server.url]: { auth } } }))
  return join(scratch, folder)
}

async function pull(repository: string, more: object = {}) {
  const out = join(scratch, `out-${count++}`)
  const spec = {
    image: `${server.url}/${repository}:1`,
    out,
    authDir: join(scratch, 'auth'),
    insecureRegistries: [server.url],
    tokenServices: [],
    maxBytes: 50_000_000,
    ...more,
  }
  return { out, ...(await runStep('pull', spec)) }
}

async function pullEntries(...layers: SampleEntry[][]) {
  const repository = `sample/case-${count}`
  await pushLayers(
    server,
    repository,
    await Promise.all(layers.map(async (entries) => ({ bytes: await tarOf(entries) }))),
  )
  return pull(repository)
}

describe('the pull step', () => {
  test('unpacks plain, gzip and zstd layers, also of several frames', async () => {
    const named = (name: string) => tarOf([{ name: `model/${name}`, content: name.repeat(3000), mode: 0o600 }])
    const many = await named('frames')
    const half = many.length / 2
    const frames = [many.subarray(0, half), many.subarray(half)].map((part) => zstdCompressSync(part))
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const gzipped = { bytes: gzipSync(await named('gzip')), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }
    const zstd = 'application/vnd.oci.image.layer.v1.tar+zstd'
    const digest = await pushLayers(server, 'sample/compressed', [
      { bytes: await named('plain') },
      gzipped,
      { bytes: zstdCompressSync(await named('zstd')), mediaType: zstd },
      { bytes: Buffer.concat([skippable, ...frames, skippable]), mediaType: zstd },
    ])
    const { code, message, out } = await pull('sample/compressed')
    expect({ code, digest: message.result?.['digest'], files: message.result?.['files'] }).toEqual({
      code: 0,
      digest,
      files: 4,
    })
    for (const name of ['plain', 'gzip', 'zstd', 'frames']) {
      expect(await readFile(join(out, 'model', name), 'utf8')).toBe(name.repeat(3000))
    }
    expect((await stat(join(out, 'model/plain'))).mode & 0o777).toBe(0o644)
  })

  test('an image made by umoci and pushed by skopeo arrives as umoci unpacks it', async () => {
    const layout = join(scratch, 'layout')
    await writeFile(join(scratch, 'weights.bin'), 'tiny weights')
    const umoci = (...args: string[]) => execute('umoci', args)
    await umoci('init', '--layout', layout)
    await umoci('new', '--image', `${layout}:1`)
    await umoci('insert', '--rootless', '--image', `${layout}:1`, join(scratch, 'weights.bin'), '/model/weights.bin')
    const login = ['--dest-tls-verify=false', `--dest-creds=${server.user}:${server.password}`]
    const target = `docker://${server.url}/made/by-umoci:1`
    await execute('skopeo', ['--insecure-policy', 'copy', ...login, `oci:${layout}:1`, target])
    const { code, out } = await pull('made/by-umoci')
    expect(code).toBe(0)
    expect(await readFile(join(out, 'model/weights.bin'), 'utf8')).toBe('tiny weights')
  })

  test('whiteouts and opaque directories hide lower layers only, in any order', async () => {
    const { code, out } = await pullEntries(
      [
        { name: 'a/gone', content: '1' },
        { name: 'a/kept', content: '1' },
        { name: 'b/old', content: '1' },
        { name: 'b/sub/old', content: '1' },
        { name: 'tree/x/y', content: '1' },
      ],
      [
        { name: 'a/.wh.gone' },
        { name: 'b/new', content: '2' },
        { name: 'b/sub/new', content: '2' },
        { name: 'b/.wh..wh..opq' },
        { name: '.wh.tree' },
        { name: '.wh.never-there' },
        { name: '.wh..wh.plnk' },
      ],
    )
    expect(code).toBe(0)
    expect((await readdir(out, { recursive: true })).toSorted()).toEqual([
      'a',
      'a/kept',
      'b',
      'b/new',
      'b/sub',
      'b/sub/new',
    ])
  })

  test('links inside the image work from outside, absolute ones included', async () => {
    const { code, out } = await pullEntries(
      [
        { name: 'usr/lib/', type: 'directory' },
        { name: 'lib', type: 'symlink', linkname: '/usr/lib' },
        { name: 'data', content: 'x' },
        { name: 'deep/er/abs', type: 'symlink', linkname: '/data' },
        { name: 'hard', type: 'link', linkname: 'data' },
      ],
      [{ name: 'lib/through-link', content: 'y' }],
    )
    expect(code).toBe(0)
    expect(await readlink(join(out, 'lib'))).toBe('usr/lib')
    expect(await readFile(join(out, 'usr/lib/through-link'), 'utf8')).toBe('y')
    expect(await readFile(join(out, 'deep/er/abs'), 'utf8')).toBe('x')
    expect(await readFile(join(out, 'hard'), 'utf8')).toBe('x')
  })

  test('device nodes and pipes are left out, and counted', async () => {
    const device = { name: 'dev/sda', type: 'block-device' as const, devmajor: 8, devminor: 0 }
    const { code, message, out } = await pullEntries([device, { name: 'p', type: 'fifo' }, { name: 'f', content: '1' }])
    expect(code).toBe(0)
    expect(message.result).toMatchObject({ files: 1, skipped: 2 })
    await expect(lstat(join(out, 'dev/sda'))).rejects.toThrow('ENOENT')
  })

  const hostile: [what: string, layers: SampleEntry[][], why: RegExp][] = [
    ['a name with ..', [[{ name: '../escaped', content: 'x' }]], /climbs out/],
    ['a name with .. in the middle', [[{ name: 'a/../../escaped', content: 'x' }]], /climbs out/],
    ['a whiteout of ..', [[{ name: 'a/.wh...', content: '' }]], /whiteout of no name/],
    [
      'a relative link out of the image',
      [[{ name: 'out', type: 'symlink', linkname: '../../etc' }]],
      /"out" points outside/,
    ],
    [
      'a link that leaves by way of another link',
      [
        [
          { name: 'p/q/up', type: 'symlink', linkname: '..' },
          { name: 'p/q/t', type: 'symlink', linkname: 'up/../../x' },
        ],
      ],
      /"p\/q\/t" points outside/,
    ],
    ['a hard link to a file outside', [[{ name: 'h', type: 'link', linkname: '../../../etc/passwd' }]], /hard link/],
    [
      'a hard link to a file that only the host has',
      [[{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
      /hard link/,
    ],
    [
      'a hard link to a link',
      [
        [
          { name: 's', type: 'symlink', linkname: '/etc/passwd' },
          { name: 'h', type: 'link', linkname: 's' },
        ],
      ],
      /hard link/,
    ],
    [
      'a file below a file',
      [
        [
          { name: 'f', content: '1' },
          { name: 'f/g', content: '1' },
        ],
      ],
      /below a file/,
    ],
  ]
  test.each(hostile)('refuses %s', async (_, layers, why) => {
    const { code, message } = await pullEntries(...layers)
    expect({ code, reason: message.reason }).toEqual({ code: 64, reason: 'ConfigInvalid' })
    expect(message.message).toMatch(why)
  })

  test('a write through a link to the host lands inside the image folder', async () => {
    const victim = join(scratch, 'victim')
    await mkdir(victim)
    const { code, out } = await pullEntries(
      [{ name: 'door', type: 'symlink', linkname: victim }],
      [{ name: 'door/planted', content: 'x' }],
    )
    expect(code).toBe(0)
    expect(await readdir(victim)).toEqual([])
    expect(await readFile(join(out, victim, 'planted'), 'utf8')).toBe('x')
  })

  test('a whiteout through a link to the host deletes nothing there', async () => {
    const victim = join(scratch, 'victim-2')
    await mkdir(victim)
    await writeFile(join(victim, 'precious'), '1')
    await pullEntries(
      [{ name: 'door', type: 'symlink', linkname: victim }],
      [{ name: 'door/.wh.precious' }, { name: 'door/.wh..wh..opq' }],
    )
    expect(await readdir(victim)).toEqual(['precious'])
  })

  test('an image that unpacks to more than the limit is refused before the disk is full', async () => {
    const bytes = gzipSync(await tarOf([{ name: 'bomb', content: 'x'.repeat(5_000_000) }]))
    await pushLayers(server, 'sample/bomb', [{ bytes }])
    const { code, message } = await pull('sample/bomb', { maxBytes: 1_000_000 })
    expect(code).toBe(64)
    expect(message.message).toMatch(/more than the limit of 1000000 bytes/)
  })

  test('a cut tar and data after the end are refused', async () => {
    const whole = await tarOf([{ name: 'f', content: 'x'.repeat(2000) }])
    await pushLayers(server, 'sample/cut', [{ bytes: whole.subarray(0, 1024) }])
    expect((await pull('sample/cut')).message.message).toMatch(/Unexpected end of data/)
    await pushLayers(server, 'sample/cut-late', [{ bytes: whole.subarray(0, 512 + 1999) }])
    expect((await pull('sample/cut-late')).message.message).toMatch(/Unexpected end of data/)
    await pushLayers(server, 'sample/trailing', [{ bytes: Buffer.concat([gzipSync(whole), Buffer.alloc(200_000, 1)]) }])
    expect((await pull('sample/trailing')).message.message).toMatch(/data after its end|incorrect header/)
  })

  test('a layer that is no file system is named, with what to do', async () => {
    const mediaType = 'application/vnd.oci.image.layer.v1.safetensors'
    await pushLayers(server, 'sample/artifact', [{ bytes: Buffer.from('x'), mediaType }])
    const { code, message } = await pull('sample/artifact')
    expect(code).toBe(64)
    expect(message.message).toMatch(/no file system; push it as a container image/)
  })

  test('every pull secret is tried, whichever of them holds the login', async () => {
    await pushLayers(server, 'sample/private', [{ bytes: await tarOf([{ name: 'f', content: 'x' }]) }])
    const authDir = join(scratch, 'many')
    await mkdir(authDir)
    const login = (password: string) => ({ auth: Buffer.from(`${server.user}:${password}`).toString('base64') })
    const [host = '', port] = server.url.split(':')
    const glob = `${host.split('.').with(1, '*').join('.')}:${port}/sample`
    await writeFile(join(authDir, '00.dockerconfigjson'), JSON.stringify({ auths: { 'other.io': login('x') } }))
    await writeFile(join(authDir, '01.dockerconfigjson'), JSON.stringify({ auths: { [server.url]: login('wrong') } }))
    await writeFile(join(authDir, '02.dockercfg'), JSON.stringify({ [glob]: login(server.password) }))
    expect(await pull('sample/private', { authDir })).toMatchObject({ code: 0 })
  })

  test('wrong credentials end with 77, a missing image too, an absent registry with 75', async () => {
    const authDir = await writeAuth('wrong-auth', 'wrong')
    const denied = await pull('sample/bomb', { authDir })
    expect(denied).toMatchObject({ code: 77, message: { reason: 'PullDenied' } })
    expect(denied.message.message).toMatch(/name a pull secret/)
    expect(await pull('never/pushed')).toMatchObject({ code: 77, message: { reason: 'PullDenied' } })
  })
})
