import { describe, expect, it } from 'vitest'
import type { KubeClient } from '#src/kube/client.ts'
import { KubeError } from '#src/kube/errors.ts'
import { configMapLookup, nodesLookup, secretLookup, tokenLookup } from '#src/kube/lookups.ts'

const signal = new AbortController().signal

/** A client whose `get` gives this; a lookup asks for nothing else. */
const client = (answer: unknown) => {
  const get = async () => {
    if (answer instanceof Error) throw answer
    return answer
  }
  return { get } as unknown as KubeClient
}

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
const dockerSecret = (config: unknown) => ({
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': base64(config) },
})
const secret = async (answer: unknown) => secretLookup(client(answer), 'default', 's', signal)

describe('a ConfigMap that a rule asks for', () => {
  const look = (answer: unknown) => configMapLookup(client(answer), 'default', 'c', signal)

  it('is missing, found, or not known when nobody can tell', async () => {
    expect(await look(undefined)).toEqual({ state: 'missing' })
    expect(await look({ data: { a: 'b', n: 1 } })).toEqual({ state: 'found', value: { a: 'b' } })
    expect(await look({})).toEqual({ state: 'found', value: {} })
    expect(await look(new KubeError('away', { status: 0, reason: 'Unreachable' }))).toEqual({ state: 'unknown' })
  })
})

describe('a Secret that a rule asks for', () => {
  it.for<[string, unknown, readonly string[]]>([
    ['of a registry', { auths: { 'myacr.azurecr.io': { auth: 'dTpw' }, 'b.io': {} } }, ['myacr.azurecr.io']],
    [
      'of Docker Hub, by its old address',
      { auths: { 'https://index.docker.io/v1/': { auth: 'dTpw' } } },
      ['docker.io'],
    ],
    [
      'with a port, in other case',
      { auths: { 'Registry.Example.com:5000': { auth: 'dTpw' } } },
      ['registry.example.com:5000'],
    ],
    ['without registries', {}, []],
    ['with a text for registries', { auths: 'x' }, []],
    ['that is no JSON', 'auths: {}', []],
    ['that is null', 'null', []],
  ])('%s tells its registries', async ([, config, registries]) => {
    const found = await secret(dockerSecret(config))
    expect(found.state === 'found' && found.value.registries).toEqual(registries)
  })

  it('tells the registries of the older format', async () => {
    const data = { '.dockercfg': base64({ 'https://a.io/v1/': { auth: 'dTpw' } }) }
    const found = await secret({ type: 'kubernetes.io/dockercfg', data })
    expect(found).toMatchObject({ value: { keys: ['.dockercfg'], registries: ['a.io'] } })
  })

  it('tells which entries hold no login: a desktop keeps it elsewhere', async () => {
    const found = await secret(dockerSecret({ auths: { 'https://a.io/v2/': {} }, credsStore: 'desktop' }))
    expect(found).toMatchObject({ value: { registries: [], loginless: ['a.io'] } })
  })

  it('gives rules neither endless keys nor endless many', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`r${index}.io`, { auth: 'dTpw' }]))
    const found = await secret(dockerSecret({ auths: { ['x'.repeat(100_000)]: {}, ...many } }))
    expect(found.state === 'found' && found.value.registries).toHaveLength(1000)
    expect(found.state === 'found' && found.value.loginless).toEqual([])
  })

  it('tells its type and keys, and never a value', async () => {
    const found = await secret({ data: { HF_TOKEN: base64('hf_secret') } })
    expect(found).toEqual({
      state: 'found',
      value: { type: 'Opaque', keys: ['HF_TOKEN'], registries: [], loginless: [] },
    })
    const passwords = await secret(dockerSecret({ auths: { 'a.example.com': { auth: 'cGFzc3dvcmQ=' } } }))
    expect(JSON.stringify(passwords)).not.toContain('cGFzc3dvcmQ')
  })

  it('is not known when it may not be read', async () => {
    expect(await secret(new KubeError('no', { status: 403, reason: 'Forbidden' }))).toEqual({ state: 'unknown' })
    expect(await secret(undefined)).toEqual({ state: 'missing' })
  })
})

describe('a Secret with a token', () => {
  const look = (metadata: unknown) =>
    tokenLookup({ metadata: async () => metadata } as unknown as KubeClient, 'default', 's', signal)

  it('tells its keys by the fields that somebody has set, without being read', async () => {
    const managedFields = [
      { manager: 'kubectl', fieldsV1: { 'f:data': { '.': {}, 'f:HF_TOKEN': {} }, 'f:type': {} } },
      { manager: 'flux', fieldsV1: { 'f:stringData': { 'f:OTHER': {} }, 'f:metadata': { 'f:labels': {} } } },
    ]
    const found = await look({ name: 's', managedFields })
    expect(found).toMatchObject({ state: 'found', value: { keys: ['HF_TOKEN', 'OTHER'], registries: [] } })
  })

  it('is not known where nobody kept the names of the fields', async () => {
    expect(await look({ name: 's' })).toEqual({ state: 'unknown' })
    expect(await look(undefined)).toEqual({ state: 'missing' })
  })
})

describe('the nodes of a namespace that a rule asks for', () => {
  const COLUMNS = ['Name', 'Instance', 'Nodes', 'State']
  /** A client with these pages of rows. */
  const tables = (pages: readonly (readonly unknown[][])[], columns = COLUMNS) => {
    const asked: (string | undefined)[] = []
    const table = async (_kind: string, _where: unknown, { next }: { readonly next?: string }) => {
      asked.push(next)
      const at = Number(next ?? 0)
      return { columns, rows: pages[at] ?? [], ...(at + 1 < pages.length ? { next: String(at + 1) } : {}) }
    }
    return { client: { table } as unknown as KubeClient, asked }
  }
  const look = ({ client: of }: { readonly client: KubeClient }) => nodesLookup(of, 'team', 'team', signal)
  const row = (count: unknown, state: unknown) => ['w', 'type', count, state]

  it('are those of all that are not over, over all pages', async () => {
    const pages = [
      [row(2, 'Ready'), row(3, 'Succeeded'), row(1, 'Failed')],
      [row(1, 'Pending'), row(null, null), row(4, 'Running')],
    ]
    const { client: of, asked } = tables(pages)
    expect(await look({ client: of })).toEqual({ state: 'found', value: { nodes: 8 } })
    expect(asked).toEqual([undefined, '1'])
    expect(await look(tables([[]]))).toEqual({ state: 'found', value: { nodes: 0 } })
  })

  it('are not known where there are too many to count, or the definition is of an older release', async () => {
    const endless = tables(Array.from({ length: 11 }, () => [row(1, 'Ready')]))
    expect(await look(endless)).toEqual({ state: 'unknown' })
    expect(endless.asked).toHaveLength(10)
    expect(await look(tables([[row(1, 'Ready')]], ['Name', 'Instance', 'Age', 'Reason']))).toEqual({ state: 'unknown' })
  })
})
