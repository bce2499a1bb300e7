import { rowsOf } from '../row.ts'
import { byo, gpuProvisioner, nodesWith } from '../sample.ts'

const selector = (matchLabels: Readonly<Record<string, string>>) => nodesWith({ labelSelector: { matchLabels } })
const typedOnce = { labelSelector: { matchLabels: { 'node.kubernetes.io/instance-type': 'dgx-h100' } } }
const at = (key: string) => [`resource.labelSelector.matchLabels[${key}]`]
const refused = (key: string, says: string) => ({
  when: `with ${key}`,
  workspace: selector({ apps: 'phi-3', [key]: 'x' }),
  at: at(key),
  says,
})

export const nodeLabelRows = [
  ...rowsOf('resource.selector-owned', [
    { when: 'with labels of its own', workspace: selector({ apps: 'phi-3', 'example.com/team': 'a' }), at: [] },
    { when: 'with a domain that only looks like one', workspace: selector({ 'mykubernetes.io/team': 'a' }), at: [] },
    { when: 'in one zone', workspace: selector({ 'topology.kubernetes.io/zone': 'eastus2-1' }), at: [] },
    {
      when: 'with a label of the operator that is ignored',
      workspace: selector({ apps: 'phi-3', 'kaito.sh/workspace': 'other' }),
      at: [],
    },
    {
      when: 'with labels of Kubernetes on existing nodes',
      workspace: selector({ 'kubernetes.io/hostname': 'gpu-1', 'node-role.kubernetes.io/gpu': '' }),
      facts: byo,
      at: [],
    },
    {
      when: 'in one zone, which gpu-provisioner does not look at',
      workspace: selector({ 'topology.kubernetes.io/zone': 'eastus2-1' }),
      facts: gpuProvisioner,
      at: at('topology.kubernetes.io/zone'),
      says: 'only Kubernetes',
    },
    refused('kubernetes.io/hostname', 'only Kubernetes writes this label'),
    refused('app.kubernetes.io/managed-by', 'use a label of your own'),
    refused('node-restriction.kubernetes.io/tenant', 'only Kubernetes'),
    refused('scheduling.k8s.io/pool', 'only Kubernetes'),
    refused('karpenter.sh/nodepool', 'only Karpenter'),
    refused('karpenter.sh/do-not-sync-taints', 'only Karpenter'),
    refused('karpenter.azure.com/sku-name', 'only Karpenter'),
    refused('karpenter.k8s.aws/instance-family', 'only Karpenter'),
    refused('kubernetes.azure.com/mode', 'only AKS'),
    refused('kaito.sh/component', 'only this operator'),
    refused('failure-domain.beta.kubernetes.io/zone', 'write topology.kubernetes.io/zone'),
    {
      when: 'with an expression about a label of Kubernetes',
      workspace: nodesWith({
        labelSelector: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['gpu-1'] }] },
      }),
      at: at('kubernetes.io/hostname'),
    },
  ]),
  ...rowsOf('resource.selector-type', [
    {
      when: 'on existing nodes of the type that is named twice, in any case',
      workspace: selector({ 'node.kubernetes.io/instance-type': 'standard_nc24ads_a100_v4' }),
      facts: byo,
      at: [],
    },
    {
      when: 'on existing nodes of the type that only the selector names',
      workspace: { ...selector({ 'node.kubernetes.io/instance-type': 'dgx-h100' }), resource: typedOnce },
      facts: byo,
      at: [],
    },
    {
      when: 'on existing nodes of two types at once',
      workspace: selector({ 'node.kubernetes.io/instance-type': 'dgx-h100' }),
      facts: byo,
      at: at('node.kubernetes.io/instance-type'),
      says: 'resource.instanceType is Standard_NC24ads_A100_v4, and a node has one type',
    },
  ]),
  ...rowsOf('resource.selector-launchable', [
    { when: 'on spot machines', workspace: selector({ 'karpenter.sh/capacity-type': 'spot' }), at: [] },
    {
      when: 'that says its type twice',
      workspace: selector({ 'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4' }),
      at: [],
    },
    {
      when: 'on existing nodes of another kind',
      workspace: selector({ 'kubernetes.io/arch': 'arm64' }),
      facts: byo,
      at: [],
    },
    {
      when: 'on sport machines',
      workspace: selector({ 'karpenter.sh/capacity-type': 'sport' }),
      at: at('karpenter.sh/capacity-type'),
      says: 'did you mean "spot"?',
    },
    {
      when: 'on Windows',
      workspace: selector({ 'kubernetes.io/os': 'windows' }),
      at: at('kubernetes.io/os'),
      says: 'write "linux"',
    },
    {
      when: 'of two types',
      workspace: selector({ 'node.kubernetes.io/instance-type': 'Standard_NC48ads_A100_v4' }),
      at: at('node.kubernetes.io/instance-type'),
      says: 'resource.instanceType is Standard_NC24ads_A100_v4',
    },
  ]),
]
