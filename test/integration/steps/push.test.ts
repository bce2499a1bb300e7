import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '#examples/cluster/registry.ts'
import { readWaiting } from '#src/contract/lines.ts'
import { ADAPTER_CONFIG, safetensors } from '#test/unit/oci/adapter-sample.ts'
import { runStep, scratchFolder } from './step-run.ts'

let server: Registry
let scratch: string
let adapter: string

beforeAll(async () => {
  server = await startRegistry()
})
afterAll(() => server.stop())
beforeEach(async () => {
  scratch = await scratchFolder()
  adapter = join(scratch, 'adapter')
  await mkdir(adapter)
  await writeFile(join(adapter, 'adapter_config.json'), JSON.stringify(ADAPTER_CONFIG))
  await writeFile(join(adapter, 'adapter_model.safetensors'), safetensors(), { mode: 0o600 })
  await writeRecord('0123456789')
  await writeLogin(server.password)
  return () => rm(scratch, { recursive: true })
})

async function writeRecord(run: string): Promise<void> {
  const sha256 = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(adapter, name)))
      .digest('hex')
  const names = ['adapter_config.json', 'adapter_model.safetensors']
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sha256(name)])))
  await writeFile(join(scratch, 'record.json'), JSON.stringify({ run, fingerprint: 'f', files, result: {} }))
}

async function writeLogin(password: string): Promise<void> {
  const auth = Buffer.from(`${server.user}:${password}`).toString('base64')
  await writeFile(join(scratch, 'config.json'), JSON.stringify({ auths: { [server.url]: { auth } } }))
}

const push = (tag: string, more: object = {}, onOutput?: (log: string) => void) => {
  const spec = {
    from: adapter,
    run: '0123456789',
    record: join(scratch, 'record.json'),
    image: `${server.url}/team/adapter:${tag}`,
    authFile: join(scratch, 'config.json'),
    insecureRegistries: [server.url],
    tokenServices: [],
    annotations: { 'sh.kaito.model.name': 'phi-3-mini-128k-instruct' },
    patienceSeconds: 1,
    ...more,
  }
  return runStep('push', spec, onOutput)
}

describe('the push step', () => {
  test('what was pushed is pulled back the same, readable by any user', async () => {
    const pushed = await push('1')
    expect(pushed.code).toBe(0)
    expect(pushed.message.result).toMatchObject({ image: `${server.url}/team/adapter:1`, bytes: expect.any(Number) })
    const again = await push('2')
    expect(again.message.result?.['digest']).toBe(pushed.message.result?.['digest'])
    const pulled = await runStep('pull', {
      image: `${server.url}/team/adapter:1@${pushed.message.result?.['digest']}`,
      out: join(scratch, 'pulled'),
      authDir: scratch,
      insecureRegistries: [server.url],
      tokenServices: [],
      maxBytes: 1_000_000,
    })
    expect(pulled.code).toBe(0)
    expect(await readFile(join(scratch, 'pulled/data/adapter_model.safetensors'))).toEqual(safetensors())
    const config = await readFile(join(scratch, 'pulled/data/adapter_config.json'), 'utf8')
    expect(JSON.parse(config)).toEqual(ADAPTER_CONFIG)
  })

  test('says on the image how its run went, with the losses of it beside the adapter', async () => {
    const evaluation = { rows: 20, baseLoss: 2, loss: 1, samples: [] }
    await writeFile(join(adapter, 'metrics.jsonl'), '{"step":1,"loss":2.5}\n')
    const claimed = { steps: 12, loss: 1.5, dataset: 'sha256:ab', trainer: 'trl 1.16.0', evaluation }
    await writeFile(join(adapter, 'kaito-run.json'), JSON.stringify(claimed))
    const pushed = await push('9')
    expect(pushed.code).toBe(0)
    expect((await push('10')).message.result?.['digest']).toBe(pushed.message.result?.['digest'])
    const answer = await fetch(`http://${server.url}/v2/team/adapter/manifests/9`, {
      headers: {
        accept: 'application/vnd.oci.image.manifest.v1+json',
        authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`,
      },
    })
    expect(JSON.parse(await answer.text()).annotations).toMatchObject({
      'sh.kaito.model.name': 'phi-3-mini-128k-instruct',
      'sh.kaito.tuning.steps': '12',
      'sh.kaito.tuning.dataset-digest': 'sha256:ab',
      'sh.kaito.tuning.trainer': 'trl 1.16.0',
      'sh.kaito.evaluation.base-loss': '2',
      'sh.kaito.evaluation.improvement': '50.0%',
    })
    const out = join(scratch, 'beside')
    const pull = { image: `${server.url}/team/adapter:9`, out, authDir: scratch, maxBytes: 1_000_000 }
    await runStep('pull', { ...pull, insecureRegistries: [server.url], tokenServices: [] })
    expect(await readdir(join(out, 'data'))).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'metrics.jsonl',
    ])
  })

  test('refused credentials end with 77 and say which secret to look at', async () => {
    await writeLogin('wrong')
    const { code, message } = await push('3')
    expect({ code, reason: message.reason }).toEqual({ code: 77, reason: 'PushDenied' })
    expect(message.message).toMatch(
      /it says: UNAUTHORIZED: .*; check that the push secret holds a login for 127\.0\.0\.1:\d+/,
    )
  })

  test('a registry that is down ends with 75', async () => {
    const { code, message } = await push('4', {
      image: '127.0.0.1:9/team/adapter:1',
      insecureRegistries: ['127.0.0.1:9'],
      tokenServices: [],
    })
    expect({ code, reason: message.reason }).toEqual({ code: 75, reason: 'PushFailed' })
  }, 90_000)

  test('a Secret that is corrected while the push waits is used, and the log says meanwhile what it waits for', async () => {
    await writeLogin('wrong')
    let corrected: Promise<void> | undefined
    const correct = (log: string) => {
      if (readWaiting(log) !== undefined) corrected ??= writeLogin(server.password)
    }
    const { code, log } = await push('7', { patienceSeconds: 60 }, correct)
    await corrected
    expect(code).toBe(0)
    const waits = log.split('\n').filter((line) => line.startsWith('{"kaito":"waiting"'))
    expect(waits).toHaveLength(1)
    expect(readWaiting(waits[0] ?? '')).toMatchObject({ reason: 'PushDenied' })
    // Once it goes on, the last word is no longer that it waits.
    expect(readWaiting(log)).toBeUndefined()
  }, 90_000)

  /** What a registry answers to the opening of an upload; it has no blob yet and asks for no login. */
  const answeringUploads = async (answer: (nth: number, response: ServerResponse) => void) => {
    let uploads = 0
    const registry = createServer((request, response) => {
      request.resume()
      if (request.method === 'POST') return answer(++uploads, response)
      response.writeHead(request.method === 'HEAD' ? 404 : 201).end()
    })
    registry.listen(0, '127.0.0.1')
    await once(registry, 'listening')
    const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
    const outcome = await push('9', { image: `${host}/team/a:1`, insecureRegistries: [host], patienceSeconds: 30 })
    registry.close()
    return { ...outcome, uploads }
  }
  const refuse = (status: number, code: string, message: string) => (_: number, response: ServerResponse) =>
    void response.writeHead(status).end(JSON.stringify({ errors: [{ code, message }] }))

  test('a name that the registry never takes fails at once', async () => {
    const { code, message, uploads } = await answeringUploads(refuse(400, 'NAME_INVALID', 'invalid repository name'))
    expect({ code, reason: message.reason, uploads }).toEqual({ code: 64, reason: 'ConfigInvalid', uploads: 1 })
    expect(message.message).toContain('NAME_INVALID: invalid repository name')
  })

  test('a full project is no matter of the login, and the push goes on once there is room', async () => {
    const full = refuse(403, 'DENIED', 'will exceed the configured upper limit of 1.0 GiB')
    const { code, log } = await answeringUploads((nth, response) =>
      nth === 1 ? full(nth, response) : void response.writeHead(202, { location: '/v2/up' }).end(),
    )
    expect(code).toBe(0)
    expect(log).toMatch(/"waiting","reason":"PushDenied".*upper limit.*make room there/)
    expect(log).not.toContain('push secret')
  }, 60_000)

  test('a registry that comes back while the push waits gets the adapter', async () => {
    await server.kill()
    const pushing = push('8', { patienceSeconds: 60 })
    await new Promise((resolve) => setTimeout(resolve, 9_000))
    await server.start()
    expect((await pushing).code).toBe(0)
  }, 120_000)

  test.each([
    ['weights that are cut short', 'adapter_model.safetensors', safetensors().subarray(0, 200), /holds \d+/],
    [
      'weights that are no safetensors',
      'adapter_model.safetensors',
      Buffer.from('PK\x03\x04 a zip file'),
      /not a safetensors file/,
    ],
    ['a config that is no JSON', 'adapter_config.json', Buffer.from('{"r": 8'), /not a JSON object/],
  ])('%s never reach the registry', async (_, file, content, words) => {
    await writeFile(join(adapter, file), content)
    const { code, message } = await push('5', { image: `${server.url}/team/damaged:1` })
    expect({ code, reason: message.reason }).toEqual({ code: 69, reason: 'TrainingFailed' })
    expect(message.message).toMatch(words)
  })

  test.each<[string, () => Promise<void>, RegExp]>([
    ['that another run has written', () => writeRecord('9999999999'), /another run \(9999999999\) has written/],
    [
      'that was changed since',
      () => writeFile(join(adapter, 'adapter_config.json'), JSON.stringify({ ...ADAPTER_CONFIG, r: 9 })),
      /adapter_config\.json has changed since/,
    ],
    ['of which nothing is recorded', () => rm(join(scratch, 'record.json')), /record\.json cannot be read \(ENOENT\)/],
    [
      'whose record is no record',
      () => writeFile(join(scratch, 'record.json'), '{"run":1}'),
      /not what the train step/,
    ],
  ])('an adapter %s never reaches the registry', async (_, change, words) => {
    await change()
    const { code, message } = await push('10', { image: `${server.url}/team/other:1` })
    expect({ code, reason: message.reason }).toEqual({ code: 69, reason: 'TrainingFailed' })
    expect(message.message).toMatch(words)
  })

  test('a missing adapter, an unusable secret and an image by digest are told apart', async () => {
    expect((await push('6', { from: join(scratch, 'nothing') })).message).toMatchObject({ reason: 'TrainingFailed' })
    const digest = `sha256:${'0'.repeat(64)}`
    expect((await push('6', { image: `${server.url}/a@${digest}` })).message.message).toMatch(/needs a tag instead/)
    await writeFile(join(scratch, 'config.json'), 'not json')
    expect((await push('6')).message).toMatchObject({
      reason: 'PushDenied',
      message: expect.stringMatching(/push secret/),
    })
  })
})

describe('the scale-adapters step', () => {
  test('writes a copy whose alpha carries the strength, with the weights linked', async () => {
    const config = { ...ADAPTER_CONFIG, alpha_pattern: { 'layers.0': 8 } }
    await writeFile(join(adapter, 'adapter_config.json'), JSON.stringify(config))
    const out = join(scratch, 'scaled/phi')
    const adapters = [{ name: 'phi', from: adapter, out, strength: 0.25 }]
    const { code, message } = await runStep('scale-adapters', { adapters, weights: 'link' })
    expect({ code, result: message.result }).toEqual({ code: 0, result: { adapters: [{ name: 'phi', loraAlpha: 4 }] } })
    const written = JSON.parse(await readFile(join(out, 'adapter_config.json'), 'utf8'))
    expect(written).toEqual({ ...config, lora_alpha: 4, alpha_pattern: { 'layers.0': 2 } })
    expect(await readlink(join(out, 'adapter_model.safetensors'))).toBe(join(adapter, 'adapter_model.safetensors'))
    expect((await runStep('scale-adapters', { adapters, weights: 'copy' })).code).toBe(0)
    expect(await readFile(join(out, 'adapter_model.safetensors'))).toEqual(safetensors())
  })

  test('finds the files of a mounted adapter image below data/', async () => {
    const adapters = [{ name: 'phi', from: scratch, out: join(scratch, 'out'), strength: 0.5 }]
    await mkdir(join(scratch, 'data'))
    await writeFile(join(scratch, 'data/adapter_config.json'), JSON.stringify(ADAPTER_CONFIG))
    await writeFile(join(scratch, 'data/adapter_model.safetensors'), safetensors())
    const { message } = await runStep('scale-adapters', { adapters, weights: 'link' })
    expect(message.result).toEqual({ adapters: [{ name: 'phi', loraAlpha: 8 }] })
    expect(await readlink(join(scratch, 'out/adapter_model.safetensors'))).toBe(
      join(scratch, 'data/adapter_model.safetensors'),
    )
  })

  test('takes no weights but whole safetensors', async () => {
    const adapters = [{ name: 'phi', from: scratch, out: join(scratch, 'out'), strength: 1 }]
    const run = async () => (await runStep('scale-adapters', { adapters, weights: 'link' })).message.message
    await writeFile(join(scratch, 'adapter_config.json'), JSON.stringify(ADAPTER_CONFIG))
    await writeFile(join(scratch, 'adapter_model.bin'), 'a pickle')
    expect(await run()).toMatch(/the adapter "phi": there is no adapter_model\.safetensors/)
    await writeFile(join(scratch, 'adapter_model.safetensors'), 'a pickle under another name')
    expect(await run()).toMatch(/the adapter "phi": adapter_model\.safetensors is not a safetensors file/)
    await writeFile(join(scratch, 'adapter_model.safetensors'), safetensors())
    expect(await run()).toBeUndefined()
    expect((await readdir(join(scratch, 'out'))).toSorted()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ])
  })

  test('names the adapter that cannot be scaled', async () => {
    const adapters = [{ name: 'phi', from: scratch, out: join(scratch, 'out'), strength: 0.5 }]
    const { code, message } = await runStep('scale-adapters', { adapters, weights: 'link' })
    expect(code).toBe(64)
    expect(message.message).toMatch(/the adapter "phi": there is no adapter_config\.json/)
  })
})
