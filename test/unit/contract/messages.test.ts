import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONTRACT_VERSION, type Message, writeMessage } from '#src/contract/message.ts'
import { MESSAGES } from '#src/contract/messages.ts'
import { pullMessage } from '#src/contract/pull.ts'
import { readMessage } from '#src/contract/read.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { readWorld } from '#test/support/worlds.ts'

const GOLDEN = join(import.meta.dirname, '..', '..', 'golden')

interface Container {
  readonly name: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** Every container, however deep, in what is planned for a world. */
function containersOf(value: unknown): Container[] {
  if (Array.isArray(value)) return value.flatMap(containersOf)
  if (typeof value !== 'object' || value === null) return []
  const own = 'image' in value && 'name' in value && 'env' in value ? [value as unknown as Container] : []
  return [...own, ...Object.values(value).flatMap(containersOf)]
}

const said = globSync('*/world.yaml', { cwd: GOLDEN }).flatMap((file) => {
  const world = readWorld(join(GOLDEN, file))
  return containersOf([planWorkspace(world), planTuningJob(world)?.job]).flatMap((container) =>
    (container.env ?? [])
      .filter(({ name }) => name.startsWith('KAITO_'))
      // The kubelet makes one dollar of two.
      .map(({ name, value = '' }) => ({ container, variable: name, json: value.replaceAll('$$', '$') })),
  )
})

const messageOf = ({ container }: (typeof said)[number]) =>
  MESSAGES.find(({ name }) => name === (container.args?.[1] ?? container.name))

describe('what the operator says to its pods', () => {
  it.for(MESSAGES.map(({ name }) => name))('%s: every message of a plan is read by its step', (name) => {
    const mine = said.filter((one) => messageOf(one)?.name === name)
    expect(mine.length).toBeGreaterThan(0)
    for (const { json, variable } of mine) {
      const message: Message | undefined = MESSAGES.find((each) => each.name === name)
      expect(message?.variable).toBe(variable)
      expect(message && readMessage(message, json)).toMatchObject({ ok: true })
    }
  })

  it('leaves no container with a message that is in no list', () => {
    expect(said.filter((one) => messageOf(one) === undefined)).toEqual([])
  })
})

const good = {
  image: 'docker.io/library/busybox:1',
  out: '/mnt/weights',
  maxBytes: 1,
  insecureRegistries: [],
  tokenServices: [],
}
const read = (body: object, contract: unknown = CONTRACT_VERSION) =>
  readMessage(pullMessage, JSON.stringify({ contract, ...body }))

describe('reading a message', () => {
  it('gives what was written', () => {
    expect(readMessage(pullMessage, writeMessage(pullMessage, good))).toEqual({ ok: true, value: good })
  })

  it.for([undefined, '', 'null', '[]', '{'])('%j is none', (json) => {
    expect(readMessage(pullMessage, json)).toEqual({ ok: false, reason: 'KAITO_STEP does not hold a JSON object' })
  })

  it.for([
    [CONTRACT_VERSION + 1, `version ${CONTRACT_VERSION + 1}`],
    [null, 'no version'],
    ['1', 'no version'],
  ] as const)('of version %j says which release is wanted, and nothing of its fields', ([version, says]) => {
    const { ok, reason } = { reason: '', ...read({ nothing: 'known' }, version) }
    expect(ok).toBe(false)
    expect(reason).toContain(`KAITO_STEP has ${says} of what operator and pods say to each other`)
    expect(reason).toContain('set settings.images')
    expect(reason).not.toContain('nothing')
  })

  it('tells every fault at once', () => {
    const { reason } = { reason: '', ...read({ ...good, out: 'relative', maxBytes: 0, image: undefined, extra: 1 }) }
    expect(reason.split('; ').sort()).toEqual([
      'KAITO_STEP: image is missing',
      'extra is unknown',
      'maxBytes must be >= 1',
      'out must be an absolute path without ".."',
    ])
  })

  it.for(['/x/../y', '/..', 'x', '', '/a/..'])('%j is no folder', (out) => {
    expect(read({ ...good, out }).ok).toBe(false)
  })

  it.for(['/', '/x', '/x/..y', '/x/y..'])('%j is a folder', (out) => {
    expect(read({ ...good, out })).toMatchObject({ ok: true })
  })

  it('takes no inherited name for a field', () => {
    expect(readMessage(pullMessage, `{"contract":${CONTRACT_VERSION},"__proto__":${JSON.stringify(good)}}`).ok).toBe(
      false,
    )
  })
})
