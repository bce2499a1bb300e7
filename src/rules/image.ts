import { forbidden, invalid } from '#src/lib/field-error.ts'
import { type ImageUse, imageUses } from '#src/reading/mentions.ts'
import { rule } from './rule.ts'

export const imageRules = [
  rule({
    id: 'image.placeholder',
    about:
      "An image that still says ACR_REPO_HERE or <your registry> was copied from the documentation and is nobody's.",
    level: 'error',
    check: (workspace) =>
      imageUses(workspace)
        .filter(({ parsed }) => parsed === undefined)
        .map(({ path, image, role }) =>
          invalid(path, image, 'this is the placeholder from the documentation', {
            fix: `write your registry, e.g. ${EXAMPLE[role]}`,
          }),
        ),
  }),

  rule({
    id: 'image.reference',
    about: 'Every image is a legal reference: registry/repository:tag, in the characters registries accept.',
    level: 'error',
    check: (workspace) =>
      imageUses(workspace).flatMap(({ path, image, role, parsed }) => {
        if (parsed === undefined || parsed.ok) return []
        return [invalid(path, image, parsed.reason, { fix: parsed.fix ?? `write e.g. ${EXAMPLE[role]}` })]
      }),
  }),

  rule({
    id: 'image.floating',
    about:
      'An image that is read without tag or as latest may be another one tomorrow: what was checked is not what runs.',
    level: 'warning',
    check: (workspace) =>
      imageUses(workspace).flatMap(({ path, image, role, parsed }) => {
        if (role === 'output' || !parsed?.ok || parsed.ref.digest !== undefined || parsed.ref.tag !== 'latest')
          return []
        return [
          invalid(path, image, 'the tag latest can change at any time', {
            fix: 'pin a version or a digest (…@sha256:…)',
          }),
        ]
      }),
  }),

  rule({
    id: 'output.tag',
    about: 'An image is pushed under a tag: its digest is not known before it is built.',
    level: 'error',
    check: (workspace) =>
      imageUses(workspace).flatMap(({ path, image, role, parsed }) => {
        if (role !== 'output' || !parsed?.ok || parsed.ref.digest === undefined) return []
        return [
          forbidden(path, image, 'an image cannot be pushed to a digest', {
            fix: `write a tag, e.g. ${image.slice(0, image.indexOf('@'))}${image.slice(0, image.indexOf('@')).includes(':') ? '' : ':0.0.1'}`,
          }),
        ]
      }),
  }),
]

const EXAMPLE: Readonly<Record<ImageUse['role'], string>> = {
  weights: 'myacr.azurecr.io/models/phi-3-mini:1.0',
  adapter: 'myacr.azurecr.io/adapters/phi-3:0.0.1',
  dataset: 'myacr.azurecr.io/datasets/dolly:0.0.1',
  output: 'myacr.azurecr.io/adapters/phi-3:0.0.1',
}
