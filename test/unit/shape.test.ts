import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { typeCasts } from '#test/support/type-casts.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Which folder may import from which: its own layer's row lists everything allowed besides itself.
 * Pure folders come first; the edge folders never import each other; only the composition root sees everything.
 */
const PURE = [
  'src/lib',
  'src/api',
  'src/contract',
  'src/catalog',
  'src/estimate',
  'src/tuning',
  'src/inference',
  'src/provisioners',
  'src/reading',
  'src/rules',
  'src/desired',
  'src/observe',
  'src/plan',
]
/** What says nothing yet of a Workspace as a whole. */
const WORDS = ['src/lib', 'src/api', 'src/catalog', 'src/estimate', 'src/tuning', 'src/inference', 'src/provisioners']
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/lib': [],
  'src/api': ['src/lib'],
  'src/contract': ['src/lib', 'src/api'],
  'src/catalog': ['src/lib', 'src/api'],
  'src/estimate': ['src/lib', 'src/api', 'src/catalog'],
  'src/tuning': ['src/lib', 'src/api', 'src/contract', 'src/catalog'],
  'src/inference': ['src/lib', 'src/api', 'src/catalog'],
  'src/provisioners': ['src/lib', 'src/api', 'src/catalog'],
  'src/reading': WORDS,
  'src/rules': [...WORDS, 'src/reading'],
  'src/desired': [...WORDS, 'src/contract'],
  'src/observe': ['src/lib', 'src/api', 'src/contract'],
  'src/plan': PURE.filter((layer) => layer !== 'src/rules'),
  'src/runtime': ['src/lib'],
  'src/telemetry': ['src/lib'],
  'src/oci': ['src/lib', 'src/telemetry'],
  'src/gateway': ['src/lib', 'src/api', 'src/contract', 'src/runtime', 'src/telemetry'],
  'src/kube': [...PURE.filter((layer) => layer !== 'src/rules'), 'src/runtime', 'src/telemetry'],
  'jobs/steps': ['src/lib', 'src/api', 'src/contract', 'src/oci', 'src/telemetry'],
  jobs: ['src/lib', 'src/api', 'src/contract', 'src/telemetry', 'jobs/steps'],
  webhooks: ['src/lib', 'src/api', 'src/reading', 'src/rules', 'src/runtime', 'src/telemetry'],
  certs: ['src/lib', 'src/runtime', 'src/telemetry'],
}

/** What pure code may not touch, whatever it is called. */
const IMPURE = /^(node:|ioredis|fastify|pino|bullmq|undici|prom-client|@kubernetes\/)/
const PURE_EXCEPTIONS = new Set(['src/lib/stable-hash.ts:node:crypto'])
/** Types are gone when it runs: what is built is written in Kubernetes' own. */
const PURE_TYPES = /^@kubernetes\/client-node$/
const EXPORTED = /^export (?:interface|type|const|function|async function|class) (\w+)/gm
const METHOD = /^ {2}(?:get |set |static |async )*\*?([a-z]\w*)\([^\n]*(?<!=> )\{$/gm
/** What the precheck of a run will call. */
const NOT_YET = ['resolveDigest', 'src/oci/resolve.ts']
const GRAB_BAG = /(^|\/)(utils?|helpers?|common|misc|types)\.ts$/
const HARD_STOP = 300
/** Each is a claim that the compiler takes on trust. Lower it with the number; it may not rise. */
const MOST_CASTS = 12

const sources = globSync(['src/**/*.ts', 'webhooks/**/*.ts', 'jobs/**/*.ts', 'certs/**/*.ts'], { cwd: ROOT }).sort()
const everything = globSync(['{src,webhooks,jobs,certs,test,examples}/**/*.ts'], { cwd: ROOT }).sort()

/** Pure data: long because the world is, read as a table. */
const isTable = (file: string) => /^src\/catalog\/(presets|skus)\//.test(file)

const layerOf = (file: string) =>
  Object.keys(MAY_IMPORT)
    .filter((layer) => file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0]

function importsOf(file: string, without = (text: string) => text): string[] {
  const text = without(readFileSync(join(ROOT, file), 'utf8'))
  return [
    ...text.matchAll(/^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gms),
  ].flatMap(([, from, bare]) => from ?? bare ?? [])
}

/** What is loaded when a file is: all it imports but by `import type` and `export type`. */
const loadedBy = (file: string): ReadonlySet<string> =>
  new Set(importsOf(file, (text) => text.replaceAll(/^\s*(import|export) type\s[^'"]*?from\s+['"][^'"]+['"]/gm, '')))

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, dirname(file), specifier))
  return undefined
}

describe('the shape of the source', () => {
  it('is seen by this test at all', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(sources.flatMap((file) => importsOf(file)).length).toBeGreaterThan(300)
  })

  it('imports only along the layers', () => {
    const breaches = sources.flatMap((file) => {
      const layer = layerOf(file)
      if (layer === undefined) return []
      return importsOf(file).flatMap((specifier) => {
        const to = target(file, specifier)
        const toLayer = to === undefined ? undefined : (layerOf(to) ?? to)
        return toLayer === undefined || toLayer === layer || MAY_IMPORT[layer]?.includes(toLayer)
          ? []
          : [`${file} -> ${specifier}`]
      })
    })
    expect(breaches).toEqual([])
  })

  it('gives each exported name to one thing', () => {
    const names = sources.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORTED)].map(([, name = '']) => ({ name, file })),
    )
    const twice = [...Map.groupBy(names, ({ name }) => name).values()]
      .filter((those) => new Set(those.map(({ file }) => file)).size > 1)
      .map((those) => those.map(({ name, file }) => `${name} in ${file}`).join(' and '))
    expect(twice).toEqual([])
  })

  it('has nothing that only tests use', () => {
    const texts = [...sources, ...everything.filter((file) => file.startsWith('examples/'))].map((file) => ({
      file,
      text: readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*.*?\*\/|(?<=^|\s)\/\/.*?$/gms, ''),
    }))
    const words = new Set<string>()
    const twice = new Set<string>()
    for (const { text } of texts) {
      for (const [word] of text.matchAll(/\w+/g)) (words.has(word) ? twice : words).add(word)
    }
    const alone = texts
      .filter(({ file }) => !file.startsWith('examples/'))
      .flatMap(({ file, text }) => {
        const methods = /^export class/m.test(text) ? [...text.matchAll(METHOD)] : []
        return [...text.matchAll(EXPORTED), ...methods].map(([, name = '']) => ({ name, file }))
      })
      .filter(({ name }) => !twice.has(name) && !NOT_YET.includes(name))
    expect(alone.map(({ name, file }) => `${name} in ${file}`)).toEqual([])
  })

  it('has one shape for what fails as expected', () => {
    const breaches = sources.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      if (NOT_YET.includes(file)) return []
      const own = file === 'src/lib/result.ts' ? [] : [...text.matchAll(/\breadonly ok\b.*/g)]
      const silent = [...text.matchAll(/\bok: false(?! as\b)[^}]*/g)].filter(
        ([said]) => !/\breason\b|\.\.\./.test(said),
      )
      return [...own, ...silent].map(([said]) => `${file}: ${said}`)
    })
    expect(breaches).toEqual([])
  })

  it('has arrows from tests to examples to the product, and none back', () => {
    const room = (path: string) => /^(test|examples)\//.exec(path)?.[1] ?? 'product'
    const height = { product: 0, examples: 1, test: 2 } as Readonly<Record<string, number>>
    const breaches = everything.flatMap((file) =>
      importsOf(file).flatMap((specifier) => {
        const to = room(target(file, specifier) ?? 'product')
        return (height[to] ?? 0) > (height[room(file)] ?? 0) ? [`${file} -> ${specifier}`] : []
      }),
    )
    expect(breaches).toEqual([])
  })

  it('keeps the middle pure: no network, clock, environment or logger', () => {
    const breaches = sources
      .filter((file) => PURE.some((layer) => file.startsWith(`${layer}/`)))
      .flatMap((file) => [
        ...importsOf(file)
          .filter((specifier) => IMPURE.test(specifier) && !PURE_EXCEPTIONS.has(`${file}:${specifier}`))
          .filter((specifier) => !PURE_TYPES.test(specifier) || loadedBy(file).has(specifier))
          .map((specifier) => `${file} imports ${specifier}`),
        ...(/\b(process\.env|Date\.now\(|new Date\(\)|Math\.random\()/.test(readFileSync(join(ROOT, file), 'utf8'))
          ? [`${file} reads the clock, chance or the environment`]
          : []),
      ])
    expect(breaches).toEqual([])
  })

  it('claims few types that the compiler cannot see', () => {
    const casts = sources.flatMap((file) => typeCasts(join(ROOT, file)).map((at) => relative(ROOT, at)))
    console.log(`${casts.length} casts, of at most ${MOST_CASTS}: ${casts.join(' ')}`)
    expect(casts.length).toBeLessThanOrEqual(MOST_CASTS)
  })

  it('has small files with names that say what is in them', () => {
    const sized = everything
      .filter((file) => !isTable(file))
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
    const tooLong = sized.filter(({ lines }) => lines > HARD_STOP)
    const lengths = sized.map(({ lines }) => lines).sort((a, b) => a - b)
    console.log(
      `${lengths.length} files, median ${lengths[lengths.length >> 1]} lines, 90 % within ${lengths[Math.floor(lengths.length * 0.9)]}, longest ${lengths.at(-1)}`,
    )
    expect(tooLong).toEqual([])
    expect(everything.filter((file) => GRAB_BAG.test(file))).toEqual([])
    expect(everything.filter((file) => !/^[a-z0-9.-]+$/.test(file.split('/').at(-1) ?? ''))).toEqual([])
  })
})
