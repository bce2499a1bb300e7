import { rowsOf } from '../row.ts'
import { aws, byo, cpuTemplate, facts, gpuTemplate, nodesWith, serving, tuning } from '../sample.ts'

const nodesOnly = { ...serving, resource: { labelSelector: {} } }
const of = (instanceType: string) => nodesWith({ instanceType })
const inferentia = (inference = serving.inference) => ({ ...of('inf2.xlarge'), ...(inference && { inference }) })
const existingAws = { policy: { ...facts.policy, cloud: 'aws', nodeProvisioner: 'byo' } } as const

export const instanceRows = [
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
