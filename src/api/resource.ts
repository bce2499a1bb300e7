import { LIMIT } from './limits.ts'
import { int, listOf, mapOf, object, oneOf, optional, type Static, text } from './schema-kit.ts'

const requirementSchema = object({
  key: text({ maxLength: LIMIT.labelKey, description: 'The key of a label.' }),
  operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist'], { description: 'Only In is supported.' }),
  values: optional(
    listOf(text({ maxLength: LIMIT.labelValue }), {
      maxItems: LIMIT.selectorValues,
      description: 'Exactly one value of the label.',
    }),
  ),
})

export const labelSelectorSchema = object(
  {
    matchLabels: optional(
      mapOf(text({ maxLength: LIMIT.labelValue }), {
        maxProperties: LIMIT.selectorEntries,
        description: 'Labels that a node must have.',
      }),
    ),
    matchExpressions: optional(
      listOf(requirementSchema, {
        maxItems: LIMIT.selectorEntries,
        description: 'The same, written as expressions.',
      }),
    ),
  },
  {
    description:
      'Which nodes may be used. Labels of new nodes, too. Only matchLabels and single-valued In are supported.',
  },
)

export const resourceSchema = object(
  {
    count: optional(
      int({
        minimum: 1,
        maximum: LIMIT.nodes,
        default: 1,
        description: 'How many nodes are wanted. Tuning uses exactly one.',
      }),
    ),
    instanceType: optional(
      text({
        maxLength: LIMIT.instanceType,
        description:
          'Cloud instance type with the GPU, e.g. Standard_NC24ads_A100_v4. When absent, the cheapest type that fits is chosen.',
      }),
    ),
    labelSelector: labelSelectorSchema,
    preferredNodes: optional(
      listOf(text({ maxLength: LIMIT.name }), {
        maxItems: LIMIT.nodes,
        description: 'Accepted for compatibility and not used: labelSelector says which nodes may be used.',
      }),
    ),
  },
  { description: 'The GPU nodes this Workspace needs.' },
)

export type LabelSelector = Static<typeof labelSelectorSchema>
