import { isJsonObject } from '#src/lib/json.ts'
import type { Policy } from './facts.ts'
import { type PodFault, podFaults } from './pod-security.ts'

type Template = Readonly<Record<string, unknown>>

/** All that a pod template asks for and the administrator has not allowed: asked at admission, and again before pods are made. */
export const templateFaults = (template: Template, policy: Policy): PodFault[] => [
  ...podFaults(template, policy),
  ...accountFaults(template, policy),
]

/**
 * A pod has the rights of its service account, whoever made it: with one of another's choice, the right to write a Workspace
 * would be the right to act as any account of the namespace.
 */
export function accountFaults({ spec }: Template, { templateServiceAccounts: allowed }: Policy): PodFault[] {
  if (!isJsonObject(spec) || allowed.includes('*')) return []
  return ['serviceAccountName', 'serviceAccount'].flatMap((field) => {
    const name = spec[field] ?? ''
    return name === '' || name === 'default' || allowed.some((each) => each === name)
      ? []
      : [
          {
            path: `spec.${field}`,
            value: name,
            detail: 'a template runs as the service account "default", or as one that an administrator has listed',
            fix: 'leave it out, or have it listed in settings.templateServiceAccounts',
          },
        ]
  })
}
