import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '#src/lib/yaml-guard.ts'

const refusal = (text: string) => {
  const result = parseYaml(text)
  return result.ok ? 'accepted' : result.reason
}

describe('parseYaml', () => {
  it('reads a document as YAML 1.2 has it: no is a word, 2e-4 a number', () => {
    expect(parseYaml('save_strategy: no\nlearning_rate: 2e-4\nr: 8\nlist: [a, b]')).toEqual({
      ok: true,
      value: { save_strategy: 'no', learning_rate: 0.0002, r: 8, list: ['a', 'b'] },
    })
  })

  it('reads an empty text as null', () => {
    expect(parseYaml('')).toEqual({ ok: true, value: null })
  })

  it('says where a mistake is', () => {
    expect(parseYaml('a: 1\nb: [1\nc: 2\n')).toMatchObject({ ok: false, line: 3 })
    expect(parseYaml('a: 1\na: 2')).toMatchObject({ ok: false, reason: 'Map keys must be unique', line: 2 })
  })

  it('expands a few aliases', () => {
    expect(parseYaml('a: &x {r: 1}\nb: *x')).toEqual({ ok: true, value: { a: { r: 1 }, b: { r: 1 } } })
  })

  it.each([
    [
      'a bomb of aliases',
      `a: &a [1,1,1,1,1,1,1,1]\n${'bcdefghij'.replaceAll(
        /./g,
        (c) =>
          `${c}: &${c} [${Array(8)
            .fill(`*${String.fromCharCode(c.charCodeAt(0) - 1)}`)
            .join(',')}]\n`,
      )}`,
      'alias',
    ],
    ['a key that reaches a prototype', '__proto__: {a: 1}', '__proto__'],
    ['the same deeper down', 'a: [{constructor: 1}]', 'constructor'],
    ['a tag of a language', 'a: !!python/object:os.system x', 'tag'],
    ['two documents', 'a: 1\n---\nb: 2', 'multiple documents'],
    ['more than 32 KiB', `a: ${'x'.repeat(40_000)}`, '32 KiB'],
    ['deep nesting in brackets', `${'['.repeat(65)}${']'.repeat(65)}`, 'nested deeper'],
    ['deep nesting in dashes', `${'- '.repeat(20)}1`, 'nested deeper'],
    [
      'deep nesting by indentation',
      Array.from({ length: 20 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'nested deeper',
    ],
    ['thousands of keys', Array.from({ length: 2000 }, (_, i) => `${i.toString(36)}: `).join('\n'), 'more parts'],
  ])('refuses %s', (_, text, why) => {
    expect(refusal(text)).toContain(why)
  })

  it.each([
    '[',
    ']',
    '{',
    '}',
    '? ',
    '- ',
    ': ',
    ',',
    '"',
    '&a ',
    '*a ',
    '!!a ',
    '|',
    '>',
    '\n',
    ':\n',
    '-\n',
    '[]',
    'a: ',
  ])('is not slowed down by many times %j', (part) => {
    const text = part.repeat(Math.floor(32_000 / part.length))
    const start = process.cpuUsage()
    parseYaml(text)
    // Of the processor, since others may run on it, too. 50 ms is the aim once all is compiled; without the limits it takes seconds.
    expect(process.cpuUsage(start).user).toBeLessThan(250_000)
  })

  it('never throws and never touches a prototype', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '\n',
      '  ',
      '&a',
      '*a',
      '"',
      "'",
      '|',
      '#',
      '__proto__',
      '!!x',
      '1',
      '? ',
      '%',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          parseYaml(text)
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
      { numRuns: 2000 },
    )
  })
})
