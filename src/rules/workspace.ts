import { isDnsLabel, toDnsLabel } from '#src/lib/dns-label.ts'
import { forbidden, invalid, required, tooLong } from '#src/lib/field-error.ts'
import { rule } from './rule.ts'

export const workspaceRules = [
  rule({
    id: 'workspace.one-purpose',
    about: 'A Workspace serves a model (inference) or tunes one (tuning): exactly one of the two is set.',
    level: 'error',
    check: ({ inference, tuning }) => {
      if (inference && tuning) {
        return [
          forbidden('tuning', undefined, 'inference and tuning are both set', {
            fix: 'keep one of them here and put the other into a Workspace of its own',
          }),
        ]
      }
      if (inference || tuning) return []
      return [
        required('inference', 'neither inference nor tuning is set', {
          fix: 'set inference to serve a model, or tuning to make an adapter',
        }),
      ]
    },
  }),

  rule({
    id: 'workspace.name',
    about: 'The name is a DNS label, because containers, Services and labels are called after it.',
    level: 'error',
    check: ({ metadata }) => {
      const name = metadata?.name ?? ''
      if (name === '' || isDnsLabel(name)) return []
      const near = toDnsLabel(name)
      return [
        invalid('metadata.name', name, 'the name must be lower-case letters, digits and "-", at most 63 characters', {
          fix: near === '' ? 'choose a name such as phi-3-mini' : `write ${JSON.stringify(near)}`,
        }),
      ]
    },
  }),

  rule({
    id: 'workspace.namespace',
    about: 'The Workspace is in a namespace that this operator looks after, where an administrator has listed them.',
    level: 'error',
    check: (_workspace, { namespace, policy: { namespaces } }) =>
      namespaces.length === 0 || namespaces.includes(namespace)
        ? []
        : [
            forbidden('metadata.namespace', namespace, 'nobody looks after Workspaces of this namespace', {
              fix: `create it in ${namespaces.slice(0, 5).join(', ')}, or have this one listed in settings.namespaces`,
            }),
          ],
  }),

  rule({
    id: 'workspace.name-length',
    about:
      'The name leaves room for what is derived from it: <name>-tuning-<revision> and the revision labels of <name> stay within 63 characters.',
    level: 'error',
    check: ({ metadata, tuning }) => {
      const name = metadata?.name ?? ''
      const longest = tuning ? LONGEST_TUNING_NAME : LONGEST_INFERENCE_NAME
      if (name.length <= longest) return []
      const derived = tuning ? `${name}-tuning-<10 digits>` : `${name}-<10 digits>`
      return [
        tooLong('metadata.name', name, `"${derived}" would be longer than the 63 characters Kubernetes allows`, {
          fix: `use at most ${longest} characters (this name has ${name.length})`,
        }),
      ]
    },
  }),
]

const LABEL_LIMIT = 63
/** The Job is called `<name>-tuning-<10 hex digits>` and its pods carry that as a label. */
export const LONGEST_TUNING_NAME = LABEL_LIMIT - '-tuning-0123456789'.length
/** A StatefulSet labels its pods with `<name>-<hash of up to 10>`, which is longer than `<name>-headless`. */
export const LONGEST_INFERENCE_NAME = LABEL_LIMIT - '-0123456789'.length
