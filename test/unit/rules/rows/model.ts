import { rowsOf } from '../row.ts'
import { adapter, serving, servingWith, tuning } from '../sample.ts'

export const modelRows = [
  ...rowsOf('preset.known', [
    {
      when: 'that serves an alias in another case',
      workspace: servingWith({ preset: { name: 'MICROSOFT/phi-3-mini-4k-instruct' } }),
      at: [],
    },
    {
      when: 'that serves a Hugging Face id nobody has heard of',
      workspace: servingWith({ preset: { name: 'someone/model' } }),
      at: [],
    },
    {
      when: 'that serves a misspelt preset',
      workspace: servingWith({ preset: { name: 'phi-3-mini-4k-instuct' } }),
      at: ['inference.preset.name'],
      says: 'did you mean "phi-3-mini-4k-instruct"?',
    },
    {
      when: 'that serves a path',
      workspace: servingWith({ preset: { name: '../../etc' } }),
      at: ['inference.preset.name'],
    },
    {
      when: 'that tunes a Hugging Face id nobody has heard of',
      workspace: { ...tuning, tuning: { input: {}, output: {}, ...tuning.tuning, preset: { name: 'someone/model' } } },
      at: ['tuning.preset.name'],
    },
  ]),
  ...rowsOf('preset.retired', [
    { when: 'that serves phi-4', workspace: servingWith({ preset: { name: 'phi-4' } }), at: [] },
    {
      when: 'that serves phi-2',
      workspace: servingWith({ preset: { name: 'phi-2' } }),
      at: ['inference.preset.name'],
      says: 'use "',
    },
  ]),
  ...rowsOf('preset.uncatalogued', [
    { when: 'that serves a preset', workspace: serving, at: [] },
    {
      when: 'that serves an unknown Hugging Face id',
      workspace: servingWith({ preset: { name: 'someone/model' } }),
      at: ['inference.preset.name'],
    },
  ]),
  ...rowsOf('preset.private-image', [
    {
      when: 'with its own image',
      workspace: servingWith({
        preset: { name: 'phi-4', accessMode: 'private', presetOptions: { image: 'a.io/phi:1' } },
      }),
      at: [],
    },
    {
      when: 'with accessMode private and no image',
      workspace: servingWith({ preset: { name: 'phi-4', accessMode: 'private' } }),
      at: ['inference.preset.presetOptions.image'],
    },
  ]),
  ...rowsOf('preset.public-image', [
    { when: 'without an image', workspace: serving, at: [] },
    {
      when: 'with an image and accessMode public',
      workspace: servingWith({
        preset: { name: 'phi-4', accessMode: 'public', presetOptions: { image: 'a.io/phi:1' } },
      }),
      at: ['inference.preset.presetOptions.image'],
    },
  ]),
  ...rowsOf('preset.gated-secret', [
    {
      when: 'that serves Llama with a token',
      workspace: servingWith({ preset: { name: 'llama-3.1-8b-instruct', presetOptions: { modelAccessSecret: 'hf' } } }),
      at: [],
    },
    {
      when: 'that serves Llama from its own image',
      workspace: servingWith({
        preset: { name: 'llama-3.1-8b-instruct', accessMode: 'private', presetOptions: { image: 'a.io/llama:1' } },
      }),
      at: [],
    },
    {
      when: 'that serves Llama without a token',
      workspace: servingWith({ preset: { name: 'llama-3.1-8b-instruct' } }),
      at: ['inference.preset.presetOptions.modelAccessSecret'],
      says: 'HF_TOKEN',
    },
  ]),
  ...rowsOf('inference.one-model', [
    { when: 'with a preset', workspace: serving, at: [] },
    { when: 'with a template', workspace: { ...serving, inference: { template: {} } }, at: [] },
    { when: 'with both', workspace: servingWith({ template: {} }), at: ['inference.template'] },
    { when: 'with neither', workspace: { ...serving, inference: {} }, at: ['inference.preset'] },
  ]),
  ...rowsOf('inference.template-containers', [
    {
      when: 'with a container',
      workspace: { ...serving, inference: { template: { spec: { containers: [{ name: 'a' }] } } } },
      at: [],
    },
    {
      when: 'with a template of nothing',
      workspace: { ...serving, inference: { template: {} } },
      at: ['inference.template.spec.containers'],
    },
  ]),
  ...rowsOf('inference.template-extras', [
    { when: 'with a template alone', workspace: { ...serving, inference: { template: {} } }, at: [] },
    {
      when: 'with config and adapters beside a template',
      workspace: { ...serving, inference: { template: {}, config: 'c', adapters: [adapter('a')] } },
      at: ['inference.config', 'inference.adapters'],
    },
  ]),
]
