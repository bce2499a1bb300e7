import type { Workspace } from '#src/api/workspace.ts'
import type { Complaint } from '#src/lib/field-error.ts'
import type { Policy } from './facts.ts'
import { countFaults, ownedLabelFaults } from './nodes-asked.ts'
import { templateFaults } from './template-rights.ts'
import { dataVolumeFaults } from './volume-kinds.ts'

/**
 * What a Workspace asks of the operator's own rights, and nobody has allowed. Rules refuse it; whoever builds pods asks once more,
 * for webhooks can be off, a setting can be tightened, and an object can be older than a rule.
 */
export const notAllowed = (workspace: Workspace, policy: Policy): Pick<Complaint, 'path' | 'detail'>[] => [
  ...templateFaults(workspace.inference?.template ?? {}, policy).map(({ path, detail }) => ({
    path: `inference.template.${path}`,
    detail,
  })),
  ...countFaults(workspace, policy),
  ...ownedLabelFaults(workspace, policy),
  ...dataVolumeFaults(workspace, policy).map(({ complaint }) => complaint),
]
