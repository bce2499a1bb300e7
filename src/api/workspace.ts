import { inferenceSchema } from './inference.ts'
import { API_VERSION } from './labels.ts'
import { LIMIT } from './limits.ts'
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

/** The part of Kubernetes' ObjectMeta that this operator reads. Everything else passes through untouched. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFields[]
}

/** Who has set which fields, as the apiserver keeps it. */
export interface ManagedFields {
  readonly manager?: string
  readonly subresource?: string
  readonly fieldsV1?: object
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type Workspace = Omit<Fields, 'metadata' | 'spec'> & { readonly metadata: ObjectMeta }
