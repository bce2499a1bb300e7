import { int, listOf, mapOf, object, oneOf, optional, type Static, text } from './schema-kit.ts'

const requirementSchema = object({
  key: text(),
  operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: optional(listOf(text())),
})

export const labelSelectorSchema = object(
  { matchLabels: optional(mapOf(text())), matchExpressions: optional(listOf(requirementSchema)) },
  {
    description:
      'Which nodes may be used. Labels of new nodes, too. Only matchLabels and single-valued In are supported.',
  },
)

export const resourceSchema = object(
  {
    count: optional(
      int({ minimum: 1, default: 1, description: 'How many nodes are wanted. Tuning uses exactly one.' }),
    ),
    instanceType: optional(
      text({
        maxLength: 128,
        description:
          'Cloud instance type with the GPU, e.g. Standard_NC24ads_A100_v4. When absent, the cheapest type that fits is chosen.',
      }),
    ),
    labelSelector: labelSelectorSchema,
    preferredNodes: optional(
      listOf(text(), { description: 'Names of existing nodes to use first. They must match labelSelector.' }),
    ),
  },
  { description: 'The GPU nodes this Workspace needs.' },
)

export type LabelSelector = Static<typeof labelSelectorSchema>
