import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, forbidden, required } from '#src/lib/field-error.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { containersOf, isSaid, type PodFault, podFaults } from '#src/reading/pod-security.ts'
import { accountFaults } from '#src/reading/template-rights.ts'
import { rule } from './rule.ts'

/** What a pod template may ask for. `plan/intent` asks the same before any pod is made. */
export const templateRules = [
  rule({
    id: 'template.pod-security',
    about:
      'A pod template asks for no more than Pod Security `restricted` (or what settings.templates says); what it does not say, such as runAsNonRoot, is filled in. It does not choose its node either.',
    level: 'error',
    check: (workspace, { policy }) =>
      inTemplate(workspace, (template) =>
        podFaults(template, policy).map((fault) => ({
          ...fault,
          fix: `${fault.fix}; an administrator can open settings.templates`,
        })),
      ),
  }),

  rule({
    id: 'template.service-account',
    about: 'A pod template has the rights of no other service account than the default one, unless it is listed.',
    level: 'error',
    check: (workspace, { policy }) => inTemplate(workspace, (template) => accountFaults(template, policy)),
  }),

  rule({
    id: 'template.user',
    about: 'The containers of a template do not run as root: where it names no user, the image has to.',
    level: 'warning',
    check: ({ inference }, { policy }) => {
      const spec = inference?.template?.['spec']
      if (policy.templates !== 'restricted' || !isJsonObject(spec) || namesUser(spec)) return []
      const containers = containersOf(spec)
      if (containers.length === 0 || containers.every(([container]) => namesUser(container))) return []
      return [
        required(
          `${TEMPLATE}.spec.securityContext.runAsUser`,
          'an image whose user is root (or has no number) will not start',
          {
            fix: 'write a number, such as 1000, unless the image has one',
          },
        ),
      ]
    },
  }),
]

const TEMPLATE = 'inference.template'

function inTemplate({ inference }: Workspace, faultsOf: (template: Json) => readonly PodFault[]): Complaint[] {
  if (inference?.template === undefined) return []
  return faultsOf(inference.template).map(({ path, value, detail, fix }) =>
    forbidden(`${TEMPLATE}.${path}`, value, detail, { fix }),
  )
}

type Json = Readonly<Record<string, unknown>>

const namesUser = ({ securityContext: context }: Json) => isJsonObject(context) && isSaid(context['runAsUser'])
