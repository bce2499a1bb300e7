import { rowsOf } from '../row.ts'
import { adapter, servingWith } from '../sample.ts'

const many = (count: number) =>
  servingWith({ adapters: Array.from({ length: count }, (_, index) => adapter(`a${index}`)) })
const sourced = (source: Readonly<Record<string, unknown>>) => servingWith({ adapters: [{ source }] })
const called = (...names: string[]) => servingWith({ adapters: names.map((name) => adapter(name)) })
const strong = (strength: string) => servingWith({ adapters: [{ ...adapter('a'), strength }] })

export const adapterRows = [
  ...rowsOf('adapters.count', [
    { when: 'with 10 adapters', workspace: many(10), at: [] },
    { when: 'with 11 adapters', workspace: many(11), at: ['inference.adapters'] },
  ]),
  ...rowsOf('adapters.source', [
    { when: 'with an image', workspace: called('a'), at: [] },
    { when: 'with a volume', workspace: sourced({ name: 'a', volumeSource: { emptyDir: {} } }), at: [] },
    { when: 'without source', workspace: servingWith({ adapters: [{}] }), at: ['inference.adapters[0].source'] },
    { when: 'with neither', workspace: sourced({ name: 'a' }), at: ['inference.adapters[0].source.image'] },
    {
      when: 'with image and volume',
      workspace: sourced({ name: 'a', image: 'a.io/b:1', volumeSource: {} }),
      at: ['inference.adapters[0].source.volumeSource'],
    },
    {
      when: 'with URLs',
      workspace: sourced({ name: 'a', urls: ['http://127.0.0.1'] }),
      at: ['inference.adapters[0].source.urls', 'inference.adapters[0].source.image'],
    },
  ]),
  ...rowsOf('adapters.name', [
    { when: 'with a name of 50 characters', workspace: called('a'.repeat(50)), at: [] },
    {
      when: 'with a name of 51 characters',
      workspace: called('a'.repeat(51)),
      at: ['inference.adapters[0].source.name'],
    },
    { when: 'without name', workspace: sourced({ image: 'a.io/b:1' }), at: ['inference.adapters[0].source.name'] },
    {
      when: 'with upper case and a slash',
      workspace: called('ok', 'UPPER_case/bad'),
      at: ['inference.adapters[1].source.name'],
      says: 'write "upper-case-bad"',
    },
  ]),
  ...rowsOf('adapters.unique', [
    { when: 'with two names', workspace: called('a', 'b'), at: [] },
    { when: 'with the same name twice', workspace: called('a', 'b', 'a'), at: ['inference.adapters[2].source.name'] },
  ]),
  ...rowsOf('adapters.base-name', [
    { when: 'with a name of its own', workspace: called('phi-3-adapter'), at: [] },
    {
      when: "with the base model's name",
      workspace: called('phi-3-mini-4k-instruct'),
      at: ['inference.adapters[0].source.name'],
      says: 'write for example "phi-3-mini-4k-instruct-adapter"',
    },
  ]),
  ...rowsOf('adapters.strength', [
    ...['0', '0.5', '1', '1.0', '.25', '1.000'].map((text) => ({
      when: `of strength ${text}`,
      workspace: strong(text),
      at: [],
    })),
    ...['NaN', 'Infinity', '-0.1', '1.1', '', ' 1', '0x1', '1e-1', '-7banana', '2'].map((text) => ({
      when: `of strength ${JSON.stringify(text)}`,
      workspace: strong(text),
      at: ['inference.adapters[0].strength'],
    })),
  ]),
  ...rowsOf('adapters.strength-zero', [
    { when: 'of strength 0.1', workspace: strong('0.1'), at: [] },
    { when: 'of strength 0.0', workspace: strong('0.0'), at: ['inference.adapters[0].strength'] },
  ]),
]
