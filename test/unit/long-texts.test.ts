import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SLOW_MS } from '#test/bench/fuzz/campaign.ts'

const ROOT = join(import.meta.dirname, '../..')
/** The folders whose functions meet text that strangers write. */
const FOLDERS =
  '{src/{lib,api,contract,catalog,inference,tuning,reading,rules,observe,oci,gateway,telemetry,kube},webhooks,jobs/steps}'

const MIB = 1024 * 1024

/** Stands for the text where it is not the first argument. */
const TEXT = Symbol('text')

/** What else a function wants beside the text. */
const REST: Readonly<Record<string, readonly unknown[]>> = {
  advised: ['do this'],
  checkSafetensors: [MIB],
  connectionError: ['GET https://a.io/'],
  deepEqual: [TEXT],
  diff: ['y'],
  field: ['name'],
  ownsPartOf: ['a', 'b'],
  blockedAddressReason: [[]],
  chatTemplateFault: [TEXT],
  chooseModel: ['base', ['one']],
  covers: [{ registry: 'a.io', repository: 'b' }],
  didYouMean: [['adam', 'eve'], 'see the list'],
  isAllowedHost: [['.example.com', '10.0.0.0/8']],
  isBlockedAddress: [['10.0.0.0/8']],
  nearest: [['adam', 'eve']],
  originFault: [TEXT],
  parseTrainingConfig: [{ name: 'lora', quantized: false, defaults: {} }],
  trimBoth: ['/'],
  trimEnd: ['/'],
}

/** Functions that do something with the world, or whose text is our own. */
const NOT_OF_TEXT =
  /^(fromEnd|overLimit|open|start|serve|run|read(File|Secret|Config)|load|create|invalid|required|notSupported|forbidden|duplicate|immutable|tooMany|tooLong|errorOf|errored|serviceAccount|kubeconfig|urlOf|adopted|parseSettings|checkSection|workspaceConfigMap|only|rule)/

type OfText = (text: string, ...rest: readonly unknown[]) => unknown

const EXPORTED = /^export (?:function (\w+)|const (\w+) = )(?:<[^>]*>)?\(\s*(\w+)\??: (?:string|unknown)\b([^)]*)\)/gm

const found = globSync(`${FOLDERS}/**/*.ts`, { cwd: ROOT }).flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORTED)]
    .map(([, declared, constant, , rest = '']) => ({ file, name: declared ?? constant ?? '', rest }))
    .filter(({ name }) => !NOT_OF_TEXT.test(name)),
)

/** Every punctuation mark, one letter and digit of each kind, blanks, and what is no ASCII. */
const CHARACTERS = [...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~aA01', '\0', '\t', '\n', '\r', 'é', '中', '😀']

/** Texts that are known to be shorter where these are asked, characters. */
const SHORTER: Readonly<Record<string, number>> = { chatTemplateArgument: 30_000 }

describe('a text of 1 MiB of one character', () => {
  it('meets every exported function that takes text', () => {
    expect(found.length).toBeGreaterThan(30)
    // `rest` has no colon where there is one parameter, and a `?` or a default where the others may be left out.
    const wanting = found.filter(
      ({ name, rest }) => /\w: /.test(rest) && !/^\s*,\s*\w+(\?:|: [^=]+=)/.test(rest) && !(name in REST),
    )
    expect(wanting.map(({ file, name }) => `${file}: ${name}`)).toEqual([])
  })

  it.each(found)('takes $name less than the slowest answer may', async ({ file, name }) => {
    const module: Readonly<Record<string, OfText>> = await import(join(ROOT, file))
    const ask = (text: string) => {
      const before = process.threadCpuUsage().user
      try {
        module[name]?.(text, ...(REST[name] ?? []).map((each) => (each === TEXT ? text : each)))
      } catch {
        // To refuse by an exception is fine here, if it is soon.
      }
      return (process.threadCpuUsage().user - before) / 1000
    }
    const slow = CHARACTERS.filter((character) => {
      const text = character.repeat((SHORTER[name] ?? MIB) / character.length)
      // Garbage that others have left is not its fault.
      return [1, 2, 3, 4].every(() => ask(text) > SLOW_MS)
    })
    expect(slow).toEqual([])
  })
})
