import { rowsOf } from '../row.ts'
import { from, nodesWith, serving, servingWith, tuning, tuningWith } from '../sample.ts'

const { resource: _resource, ...bare } = serving
const { instanceType: _type, ...open } = serving.resource ?? { labelSelector: {} }
const templated = { ...serving, inference: { template: { spec: { containers: [{ name: 'a' }] } } } }

export const immutableRows = [
  ...rowsOf('immutable.purpose', [
    { when: 'that goes on serving', workspace: serving, facts: from(serving), at: [] },
    { when: 'that served and now tunes', workspace: tuning, facts: from(serving), at: ['inference'] },
    { when: 'that tuned and now serves', workspace: serving, facts: from(tuning), at: ['tuning'] },
    { when: 'that is new', workspace: tuning, at: [] },
    { when: 'that had no purpose', workspace: serving, facts: from({ metadata: { name: 'phi' } }), at: [] },
  ]),
  ...rowsOf('immutable.count', [
    { when: 'with the same count', workspace: serving, facts: from(serving), at: [] },
    { when: 'that had no count', workspace: serving, facts: from(bare), at: [] },
    {
      when: 'with another count',
      workspace: nodesWith({ count: 2 }),
      facts: from(serving),
      at: ['resource.count'],
      says: 'it was 1',
    },
  ]),
  ...rowsOf('immutable.instance-type', [
    {
      when: 'whose type is spelt right now',
      workspace: serving,
      facts: from(nodesWith({ instanceType: 'standard_nc24ads_a100_v4' })),
      at: [],
    },
    { when: 'that leaves out the type', workspace: { ...serving, resource: open }, facts: from(serving), at: [] },
    {
      when: 'with another type',
      workspace: nodesWith({ instanceType: 'Standard_NC40ads_H100_v5' }),
      facts: from(serving),
      at: ['resource.instanceType'],
    },
  ]),
  ...rowsOf('immutable.selector', [
    {
      when: 'with the same selector in other words',
      workspace: nodesWith({
        labelSelector: { matchExpressions: [{ key: 'apps', operator: 'In', values: ['phi-3'] }] },
      }),
      facts: from(serving),
      at: [],
    },
    {
      when: 'with another selector',
      workspace: nodesWith({ labelSelector: { matchLabels: { apps: 'other' } } }),
      facts: from(serving),
      at: ['resource.labelSelector'],
    },
  ]),
  ...rowsOf('immutable.preset', [
    {
      when: "with the preset's alias",
      workspace: servingWith({ preset: { name: 'microsoft/Phi-3-mini-4k-instruct' } }),
      facts: from(serving),
      at: [],
    },
    {
      when: 'with another preset',
      workspace: servingWith({ preset: { name: 'phi-4' } }),
      facts: from(serving),
      at: ['inference.preset'],
    },
    {
      when: 'that tunes another preset',
      workspace: tuningWith({ preset: { name: 'phi-4' } }),
      facts: from(tuning),
      at: ['tuning.preset'],
    },
  ]),
  ...rowsOf('immutable.model-kind', [
    {
      when: 'with another template',
      workspace: { ...serving, inference: { template: {} } },
      facts: from(templated),
      at: [],
    },
    {
      when: 'whose preset became a template',
      workspace: templated,
      facts: from(serving),
      at: ['inference.preset', 'inference.template'],
    },
  ]),
  ...rowsOf('immutable.tuning-preset', [
    { when: 'that keeps its preset', workspace: tuning, facts: from(tuning), at: [] },
    {
      when: 'that lost its preset',
      workspace: { ...tuning, tuning: { input: {}, output: {} } },
      facts: from(tuning),
      at: ['tuning.preset'],
    },
  ]),
  ...rowsOf('immutable.method', [
    {
      when: 'with its method in another case',
      workspace: tuningWith({ method: 'QLORA' }),
      facts: from(tuning),
      at: [],
    },
    {
      when: 'with another method',
      workspace: tuningWith({ method: 'lora' }),
      facts: from(tuning),
      at: ['tuning.method'],
    },
  ]),
  ...rowsOf('immutable.input-name', [
    { when: 'whose data gets a name', workspace: tuningWith({ input: { name: 'a' } }), facts: from(tuning), at: [] },
    {
      when: 'whose data gets another name',
      workspace: tuningWith({ input: { name: 'a' } }),
      facts: from(tuningWith({ input: { name: 'b' } })),
      at: ['tuning.input.name'],
    },
  ]),
]
