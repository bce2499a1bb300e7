import { inferenceSchema } from './inference.ts'
import { API_VERSION } from './labels.ts'
import { LIMIT } from './limits.ts'
import type { ObjectMeta } from './objects.ts'
import { resourceSchema } from './resource.ts'
import { object, open, optional, type Static, text, withRules } from './schema-kit.ts'
import { statusSchema } from './status.ts'
import { tuningSchema } from './tuning.ts'

/**
 * A Workspace as `kaito.sh/v1alpha1` has it: `resource`, `inference` and `tuning` sit at the top level, there is no `spec`.
 * This one definition gives the TypeScript type, the CRD (crd.ts) and the ajv validators (validate.ts).
 */
export const workspaceSchema = withRules(
  object(
    {
      apiVersion: optional(text({ maxLength: LIMIT.word })),
      kind: optional(text({ maxLength: LIMIT.word })),
      metadata: optional(open()),
      resource: optional(resourceSchema),
      inference: optional(inferenceSchema),
      tuning: optional(tuningSchema),
      // Declared only so that the rule below can speak: an undeclared field would be pruned before anyone could see it.
      spec: optional(open({ description: 'Not a field of a Workspace. Refused with a hint.' })),
      status: optional(statusSchema),
    },
    { description: `Workspace (${API_VERSION}): a model to serve or to tune, and the GPU nodes it needs.` },
  ),
  [
    {
      rule: '!has(self.spec)',
      message:
        'a Workspace has no `spec`: write `resource`, `inference` and `tuning` at the top level, beside `metadata`',
    },
  ],
)

type Fields = Static<typeof workspaceSchema>

export type Workspace = Omit<Fields, 'metadata' | 'spec'> & { readonly metadata: ObjectMeta }
