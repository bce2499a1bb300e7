import { REQUIREMENT_VALUES } from '#src/api/karpenter-labels.ts'
import { LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, notSupported } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import { atLabel, ownedLabelFaults } from '#src/reading/nodes-asked.ts'
import { rule } from './rule.ts'

/** What a selector may ask of nodes that do not exist yet. With nodes that do, any label can be looked for. */
export const nodeLabelRules = [
  rule({
    id: 'resource.selector-owned',
    about:
      'Where nodes are provisioned, a selector writes its labels onto new ones; those of Kubernetes, Karpenter, the cloud and this operator are not for others to write, but for where and as what a node is launched.',
    level: 'error',
    check: (workspace, { policy }) => ownedLabelFaults(workspace, policy),
  }),

  rule({
    id: 'resource.selector-type',
    about:
      'A type that a selector asks for of nodes that exist is the one that resource.instanceType says: no node has two.',
    level: 'error',
    check: (workspace, { policy }) =>
      provisionerOf(policy).buys === undefined
        ? entries(workspace).flatMap(([key, value]) => otherType(workspace, key, value))
        : [],
  }),

  rule({
    id: 'resource.selector-launchable',
    about: 'Where nodes are provisioned, what a selector says of a new one is what can be launched.',
    level: 'error',
    check: (workspace, { policy }) =>
      provisionerOf(policy).buys === undefined
        ? []
        : entries(workspace).flatMap(([key, value]) => unlaunchable(workspace, key, value)),
  }),
]

function unlaunchable(workspace: Workspace, key: string, value: string): Complaint[] {
  const possible = REQUIREMENT_VALUES.get(key)
  if (possible !== undefined && !possible.includes(value)) {
    return [
      notSupported(atLabel(key), value, 'no such node is launched', {
        fix: didYouMean(value, possible, oneOf(possible)),
      }),
    ]
  }
  return otherType(workspace, key, value)
}

function otherType({ resource }: Workspace, key: string, value: string): Complaint[] {
  const type = resource?.instanceType
  if (key !== LABEL.instanceType || !type || type.toLowerCase() === value.toLowerCase()) return []
  return [
    notSupported(atLabel(key), value, `resource.instanceType is ${type}, and a node has one type`, {
      fix: 'remove the label; resource.instanceType says it',
    }),
  ]
}

const oneOf = (values: readonly string[]) => `write ${values.map((value) => JSON.stringify(value)).join(' or ')}`

const entries = ({ resource }: Workspace) => Object.entries(nodeLabels(resource?.labelSelector))
