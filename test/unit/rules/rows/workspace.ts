import { rowsOf } from '../row.ts'
import { annotated, aws, byo, cpuTemplate, facts, gpuTemplate, named, nodesWith, serving, tuning } from '../sample.ts'
import { nodeLabelRows } from './node-labels.ts'

const selector = (matchLabels: Readonly<Record<string, string>>) => nodesWith({ labelSelector: { matchLabels } })
const expression = (operator: 'In' | 'NotIn', values: string[]) =>
  nodesWith({ labelSelector: { matchExpressions: [{ key: 'apps', operator, values }] } })
const nodesOnly = { ...serving, resource: { labelSelector: {} } }
const of = (instanceType: string) => nodesWith({ instanceType })
const inferentia = (inference = serving.inference) => ({ ...of('inf2.xlarge'), ...(inference && { inference }) })
const existingAws = { policy: { ...facts.policy, cloud: 'aws', nodeProvisioner: 'byo' } } as const

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
  ...rowsOf('instance.required', [
    { when: 'that names one', workspace: serving, at: [] },
    { when: 'that names none where nodes exist', workspace: nodesOnly, facts: byo, at: [] },
    {
      when: 'that names none where nodes are provisioned',
      workspace: nodesOnly,
      at: ['resource.instanceType'],
      says: 'none could be chosen',
    },
    {
      when: 'that names none for a template without GPU',
      workspace: { ...nodesOnly, inference: cpuTemplate },
      at: ['resource.instanceType'],
      says: 'the template asks for no GPU',
    },
  ]),
  ...rowsOf('instance.known', [
    { when: 'on an A100, in any case', workspace: of('standard_nc24ads_a100_V4'), at: [] },
    { when: 'on the retired V100', workspace: of('Standard_NC6s_v3'), at: [] },
    { when: 'on existing nodes of any type', workspace: of('my-own'), facts: byo, at: [] },
    {
      when: 'on a misspelt A100',
      workspace: of('Standard_NC24ads_A10_v4'),
      at: ['resource.instanceType'],
      says: 'did you mean "Standard_NC24ads_A100_v4"?',
    },
    {
      when: 'on a machine without GPU',
      workspace: of('Standard_DS2_v2'),
      at: ['resource.instanceType'],
      says: 'has no GPU',
    },
    {
      when: 'on a machine without GPU, with a template that asks for none',
      workspace: { ...of('Standard_D16s_v5'), inference: cpuTemplate },
      at: [],
    },
    {
      when: 'on a machine without GPU, with a template that asks for one',
      workspace: { ...of('Standard_D16s_v5'), inference: gpuTemplate },
      at: ['resource.instanceType'],
      says: 'has no GPU',
    },
    {
      when: 'on a misspelt A100, with a template that asks for no GPU',
      workspace: { ...of('Standard_NC24ads_A10_v4'), inference: cpuTemplate },
      at: ['resource.instanceType'],
      says: 'did you mean "Standard_NC24ads_A100_v4"?',
    },
    {
      when: 'on a memory machine without GPU',
      workspace: of('Standard_E16s_v5'),
      at: ['resource.instanceType'],
      says: 'has no GPU',
    },
    {
      when: 'on a machine of AWS without GPU',
      workspace: of('m5.large'),
      facts: aws,
      at: ['resource.instanceType'],
      says: 'has no GPU',
    },
    {
      when: "on another cloud's type",
      workspace: of('p4d.24xlarge'),
      at: ['resource.instanceType'],
      says: 'this is a type of aws, and the operator runs on azure',
    },
    { when: 'on AWS, on a type of AWS', workspace: of('p4d.24xlarge'), facts: aws, at: [] },
  ]),
  ...rowsOf('instance.launched', [
    { when: 'on an A100', workspace: serving, at: [] },
    { when: 'on existing confidential machines', workspace: of('Standard_NCC40ads_H100_v5'), facts: byo, at: [] },
    {
      when: 'on a confidential machine',
      workspace: of('Standard_NCC40ads_H100_v5'),
      at: ['resource.instanceType'],
      says: 'use Standard_NC40ads_H100_v5',
    },
    {
      when: "by KAITO's name of an Azure type",
      workspace: of('Standard_ND96asr_A100_v4'),
      at: ['resource.instanceType'],
      says: 'use Standard_ND96asr_v4',
    },
  ]),
  ...rowsOf('instance.retired', [
    { when: 'on an A100', workspace: serving, at: [] },
    {
      when: "on the seed's V100",
      workspace: of('standard_nc6S_v3'),
      at: ['resource.instanceType'],
      says: 'use Standard_NV36ads_A10_v5',
    },
  ]),
  ...rowsOf('instance.vendor', [
    { when: 'that serves a preset on an NVIDIA GPU', workspace: serving, at: [] },
    { when: 'that serves a template on Inferentia', workspace: inferentia(gpuTemplate), facts: aws, at: [] },
    { when: 'that serves a preset on existing Inferentia', workspace: inferentia(), facts: existingAws, at: [] },
    {
      when: 'that serves a preset on Inferentia',
      workspace: inferentia(),
      facts: aws,
      at: ['resource.instanceType'],
      says: 'use for example p4d.24xlarge',
    },
    {
      when: 'that tunes on an AMD GPU',
      workspace: nodesWith({ instanceType: 'Standard_NG32ads_V620_v1' }, tuning),
      at: ['resource.instanceType'],
    },
  ]),
  ...rowsOf('instance.vendor-image', [
    { when: 'that serves a template on an NVIDIA GPU', workspace: { ...serving, inference: gpuTemplate }, at: [] },
    {
      when: 'that serves a template on Inferentia',
      workspace: inferentia(gpuTemplate),
      facts: aws,
      at: ['resource.instanceType'],
      says: 'use images for aws',
    },
    {
      when: 'that serves a preset on existing Inferentia',
      workspace: inferentia(),
      facts: existingAws,
      at: ['resource.instanceType'],
    },
  ]),
]
