import type { LabelSelector } from '#src/api/resource.ts'
import { askedLabels, isReservedKey } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { type Complaint, forbidden, invalid, notSupported, required } from '#src/lib/field-error.ts'
import { lastOnly } from '#src/lib/per-object.ts'
import { countFaults } from '#src/reading/nodes-asked.ts'
import { rule } from './rule.ts'

export const resourceRules = [
  rule({
    id: 'resource.count',
    about: 'Each node costs money: a Workspace asks for no more of them than the administrator allows.',
    level: 'error',
    check: (workspace, { policy }) => countFaults(workspace, policy),
  }),

  rule({
    id: 'resource.preferred-nodes',
    about: 'resource.preferredNodes is accepted for compatibility, and nobody reads it.',
    level: 'warning',
    check: ({ resource }) =>
      (resource?.preferredNodes?.length ?? 0) === 0
        ? []
        : [
            forbidden('resource.preferredNodes', resource?.preferredNodes, 'the list is not used', {
              fix: 'put a label on these nodes and ask for it in resource.labelSelector',
            }),
          ],
  }),

  rule({
    id: 'resource.required',
    about: 'resource.labelSelector says which nodes may be used and labels new ones; without it no node can be found.',
    level: 'error',
    check: ({ resource }) =>
      resource?.labelSelector
        ? []
        : [
            required('resource.labelSelector', 'no nodes are named', {
              fix: 'set for example resource.labelSelector.matchLabels: {apps: phi-3}',
            }),
          ],
  }),

  rule({
    id: 'resource.selector-operator',
    about:
      'A selector must also be usable as labels of a new node, so only matchLabels and In with one value are allowed.',
    level: 'error',
    check: (workspace) =>
      (workspace.resource?.labelSelector?.matchExpressions ?? []).flatMap((requirement, index) => {
        const path = `resource.labelSelector.matchExpressions[${index}]`
        if (requirement.operator === 'In' && requirement.values?.length === 1) return []
        const fix = `write matchLabels: {${requirement.key}: <value>}`
        if (requirement.operator !== 'In') {
          return [
            notSupported(`${path}.operator`, requirement.operator, 'no label of a new node can satisfy it', { fix }),
          ]
        }
        return [invalid(`${path}.values`, requirement.values ?? [], 'exactly one value is needed', { fix })]
      }),
  }),

  rule({
    id: 'resource.selector-conflict',
    about: 'A label key has one value: a selector that asks for two matches no node.',
    level: 'error',
    check: (workspace) => conflicts(workspace.resource?.labelSelector),
  }),

  rule({
    id: 'resource.selector-syntax',
    about: 'Selector keys and values are legal Kubernetes labels, because new nodes get them.',
    level: 'error',
    check: (workspace) =>
      selectorEntries(workspace).flatMap(([key, value]) => {
        const path = `resource.labelSelector.matchLabels[${key}]`
        if (!isLabelKey(key))
          return [invalid(path, key, 'this is not a legal label key', { fix: 'use for example apps' })]
        if (!isLabelValue(value)) {
          return [
            invalid(path, value, 'a label value has at most 63 letters, digits, "-", "_" or "."', {
              fix: 'use for example phi-3',
            }),
          ]
        }
        return []
      }),
  }),

  rule({
    id: 'resource.selector-only-reserved',
    about:
      "Labels that mean ownership are ignored in a selector, so they cannot be all of it: they would select another Workspace's nodes.",
    level: 'error',
    check: (workspace) => {
      const keys = selectorEntries(workspace).map(([key]) => key)
      if (keys.length === 0 || !keys.every(isReservedKey)) return []
      return [
        forbidden('resource.labelSelector', keys, 'all of these labels are reserved for the operator', {
          fix: 'add a label of your own, for example matchLabels: {apps: phi-3}',
        }),
      ]
    },
  }),

  rule({
    id: 'resource.selector-reserved',
    about: 'Labels that mean ownership are ignored when they appear in a selector beside others.',
    level: 'warning',
    check: (workspace) => {
      const keys = selectorEntries(workspace).map(([key]) => key)
      if (keys.every(isReservedKey)) return []
      return keys.filter(isReservedKey).map((key) =>
        forbidden(`resource.labelSelector.matchLabels[${key}]`, key, 'this label is reserved and will be ignored', {
          fix: 'remove it',
        }),
      )
    },
  }),
]

const selectorEntries = lastOnly((workspace: Workspace): readonly [string, string][] =>
  Object.entries(askedLabels(workspace.resource?.labelSelector)),
)

function conflicts(selector: LabelSelector | undefined): Complaint[] {
  const seen = new Map(Object.entries(selector?.matchLabels ?? {}))
  return (selector?.matchExpressions ?? []).flatMap(({ key, operator, values }, index) => {
    const value = operator === 'In' && values?.length === 1 ? values[0] : undefined
    if (value === undefined) return []
    const before = seen.get(key)
    seen.set(key, value)
    if (before === undefined || before === value) return []
    return [
      invalid(`resource.labelSelector.matchExpressions[${index}]`, value, `${key} is asked to be ${before}, too`, {
        fix: 'keep one of the two values',
      }),
    ]
  })
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const isLabelValue = (text: string) => text === '' || (text.length <= 63 && NAME.test(text))

function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/')
  const prefix = slash === -1 ? undefined : text.slice(0, slash)
  const name = text.slice(slash + 1)
  if (name.length > 63 || !NAME.test(name)) return false
  return prefix === undefined || isDnsSubdomain(prefix)
}
