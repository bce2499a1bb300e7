import { rowsOf } from '../row.ts'
import { annotated, named, nodesWith, serving, tuning } from '../sample.ts'
import { deadlineRows } from './deadline.ts'
import { doorRows } from './door.ts'
import { namespaceRows } from './namespace.ts'
import { namespaceNodeRows } from './namespace-nodes.ts'
import { nodeLabelRows } from './node-labels.ts'

const selector = (matchLabels: Readonly<Record<string, string>>) => nodesWith({ labelSelector: { matchLabels } })
const expression = (operator: 'In' | 'NotIn', values: string[]) =>
  nodesWith({ labelSelector: { matchExpressions: [{ key: 'apps', operator, values }] } })

export const workspaceRows = [
  ...rowsOf('workspace.one-purpose', [
    { when: 'that serves', workspace: serving, at: [] },
    { when: 'that tunes', workspace: tuning, at: [] },
    {
      when: 'that does both',
      workspace: { ...serving, ...tuning, inference: serving.inference ?? {} },
      at: ['tuning'],
    },
    { when: 'that does neither', workspace: { metadata: { name: 'phi' } }, at: ['inference'] },
  ]),
  ...rowsOf('workspace.name', [
    { when: 'called phi-3', workspace: named('phi-3'), at: [] },
    { when: 'called Phi.3', workspace: named('Phi.3'), at: ['metadata.name'], says: 'write "phi-3"' },
    { when: 'whose name is still to be generated', workspace: named(''), at: [] },
  ]),
  ...namespaceRows,
  ...rowsOf('workspace.name-length', [
    { when: 'that serves under 52 characters', workspace: named('a'.repeat(52)), at: [] },
    {
      when: 'that serves under 53 characters',
      workspace: named('a'.repeat(53)),
      at: ['metadata.name'],
      says: 'at most 52',
    },
    { when: 'that tunes under 45 characters', workspace: named('a'.repeat(45), tuning), at: [] },
    {
      when: 'that tunes under 46 characters',
      workspace: named('a'.repeat(46), tuning),
      at: ['metadata.name'],
      says: 'at most 45',
    },
  ]),
  ...rowsOf('resource.count', [
    { when: 'of 16 nodes where 16 are allowed', workspace: nodesWith({ count: 16 }), at: [] },
    {
      when: 'of 17 nodes where 16 are allowed',
      workspace: nodesWith({ count: 17 }),
      at: ['resource.count'],
      says: '17 nodes are asked for, and 16 are allowed',
    },
  ]),
  ...namespaceNodeRows,
  ...rowsOf('resource.preferred-nodes', [
    { when: 'that names no preferred nodes', workspace: nodesWith({ preferredNodes: [] }), at: [] },
    {
      when: 'that names preferred nodes',
      workspace: nodesWith({ preferredNodes: ['gpu-node-1'] }),
      at: ['resource.preferredNodes'],
      says: 'not used',
    },
  ]),
  ...rowsOf('annotation.runtime', [
    { when: 'that asks for vllm', workspace: annotated({ 'kaito.sh/runtime': 'vllm' }), at: [] },
    {
      when: 'that asks for vlm',
      workspace: annotated({ 'kaito.sh/runtime': 'vlm' }),
      at: ['metadata.annotations[kaito.sh/runtime]'],
      says: 'did you mean "vllm"?',
    },
  ]),
  ...rowsOf('annotation.runtime-transformers', [
    { when: 'that asks for vllm', workspace: annotated({ 'kaito.sh/runtime': 'vllm' }), at: [] },
    {
      when: 'that asks for transformers',
      workspace: annotated({ 'kaito.sh/runtime': 'transformers' }),
      at: ['metadata.annotations[kaito.sh/runtime]'],
    },
  ]),
  ...deadlineRows,
  ...rowsOf('annotation.load-balancer', [
    { when: 'that says True', workspace: annotated({ 'kaito.sh/enablelb': 'True' }), at: [] },
    {
      when: 'that says true',
      workspace: annotated({ 'kaito.sh/enablelb': 'true' }),
      at: ['metadata.annotations[kaito.sh/enablelb]'],
      says: 'did you mean "True"?',
    },
    {
      when: 'that says yes',
      workspace: annotated({ 'kaito.sh/enablelb': 'yes' }),
      at: ['metadata.annotations[kaito.sh/enablelb]'],
      says: '"True" or "False"',
    },
  ]),
  ...doorRows,
  ...rowsOf('annotation.node-image-family', [
    { when: 'that says AzureLinux', workspace: annotated({ 'kaito.sh/node-image-family': ' AzureLinux ' }), at: [] },
    {
      when: 'that says windows',
      workspace: annotated({ 'kaito.sh/node-image-family': 'windows' }),
      at: ['metadata.annotations[kaito.sh/node-image-family]'],
    },
  ]),
  ...rowsOf('resource.required', [
    { when: 'with a selector', workspace: serving, at: [] },
    {
      when: 'without resource',
      workspace: { metadata: { name: 'phi' }, inference: { preset: { name: 'phi-4' } } },
      at: ['resource.labelSelector'],
    },
  ]),
  ...rowsOf('resource.selector-operator', [
    { when: 'with In and one value', workspace: expression('In', ['a']), at: [] },
    {
      when: 'with In and two values',
      workspace: expression('In', ['a', 'b']),
      at: ['resource.labelSelector.matchExpressions[0].values'],
    },
    {
      when: 'with NotIn',
      workspace: expression('NotIn', ['a']),
      at: ['resource.labelSelector.matchExpressions[0].operator'],
      says: 'matchLabels: {apps: <value>}',
    },
  ]),
  ...rowsOf('resource.selector-conflict', [
    { when: 'that asks for one value', workspace: selector({ apps: 'a' }), at: [] },
    {
      when: 'that asks for two values of one label',
      workspace: nodesWith({
        labelSelector: {
          matchLabels: { apps: 'a' },
          matchExpressions: [{ key: 'apps', operator: 'In', values: ['b'] }],
        },
      }),
      at: ['resource.labelSelector.matchExpressions[0]'],
    },
  ]),
  ...rowsOf('resource.selector-syntax', [
    { when: 'with a prefixed label', workspace: selector({ 'example.com/apps': 'phi-3' }), at: [] },
    {
      when: 'with a space in a value',
      workspace: selector({ apps: 'phi 3' }),
      at: ['resource.labelSelector.matchLabels[apps]'],
    },
    {
      when: 'with a key that ends in a dash',
      workspace: selector({ 'apps-': 'a' }),
      at: ['resource.labelSelector.matchLabels[apps-]'],
    },
    {
      when: 'with a prefix that is no domain',
      workspace: selector({ 'example..com/apps': 'a' }),
      at: ['resource.labelSelector.matchLabels[example..com/apps]'],
    },
  ]),
  ...rowsOf('resource.selector-only-reserved', [
    { when: 'with a label of its own', workspace: selector({ apps: 'a', 'kaito.sh/workspace': 'x' }), at: [] },
    { when: 'with an empty selector', workspace: selector({}), at: [] },
    {
      when: 'with reserved labels only',
      workspace: selector({ 'kaito.sh/workspace': 'x' }),
      at: ['resource.labelSelector'],
    },
  ]),
  ...rowsOf('resource.selector-reserved', [
    { when: 'without reserved labels', workspace: selector({ apps: 'a' }), at: [] },
    {
      when: 'with a reserved label beside its own',
      workspace: selector({ apps: 'a', 'kaito.sh/workspace': 'x' }),
      at: ['resource.labelSelector.matchLabels[kaito.sh/workspace]'],
    },
  ]),
  ...nodeLabelRows,
]
