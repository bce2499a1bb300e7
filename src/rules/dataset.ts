import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, duplicate, forbidden, invalid, required } from '#src/lib/field-error.ts'
import { lastOnly } from '#src/lib/per-object.ts'
import { checkUrl, redactUrl } from '#src/lib/url-guard.ts'
import type { Policy } from '#src/reading/facts.ts'
import { rule } from './rule.ts'

export const datasetRules = [
  rule({
    id: 'dataset.one-source',
    about: 'The training data has exactly one source: urls, image or volumeSource.',
    level: 'error',
    check: ({ tuning }) => {
      if (!tuning) return []
      const set = sourcesOf(tuning.input)
      if (set.length === 1) return []
      if (set.length === 0) {
        return [
          required('tuning.input.urls', 'no data to train on: none of urls, image, volumeSource is set', {
            fix: 'list the https addresses of the files in tuning.input.urls',
          }),
        ]
      }
      return [forbidden('tuning.input', set, `${set.join(' and ')} are set together`, { fix: 'keep one of them' })]
    },
  }),

  rule({
    id: 'dataset.url',
    about:
      'Every address is http or https to a public host: a dataset must not become a way into the cluster or the cloud.',
    level: 'error',
    check: (workspace, { policy }) =>
      checkedUrls(workspace, policy).flatMap(({ path, url, checked }) => {
        if (checked.ok) return []
        const fix = 'use an address that a browser outside the cluster could open, such as https://host/data.parquet'
        return [invalid(path, redactUrl(url), checked.reason, { fix })]
      }),
  }),

  rule({
    id: 'dataset.url-twice',
    about: 'The same address twice trains on the same rows twice.',
    level: 'warning',
    check: (workspace) => {
      const seen = new Set<string>()
      return urlsOf(workspace).flatMap(({ path, url }) => {
        if (!seen.has(url)) {
          seen.add(url)
          return []
        }
        return [duplicate(path, redactUrl(url), 'this address is listed twice', { fix: 'remove one' })]
      })
    },
  }),

  rule({
    id: 'dataset.url-plain-http',
    about: 'Plain http can be read and changed on the way.',
    level: 'warning',
    check: (workspace, { policy }) =>
      checkedUrls(workspace, policy).flatMap(({ path, url, checked }) => {
        if (!checked.ok || checked.url.protocol !== 'http:') return []
        return [invalid(path, redactUrl(url), 'plain http can be read and changed on the way', { fix: 'use https' })]
      }),
  }),

  rule({
    id: 'dataset.pull-secrets',
    about: 'imagePullSecrets belong to an image: beside urls or a volume nothing would use them.',
    level: 'warning',
    check: ({ tuning }): Complaint[] =>
      tuning?.input?.imagePullSecrets?.length && !tuning.input.image
        ? [
            forbidden('tuning.input.imagePullSecrets', undefined, 'there is no image to pull with them', {
              fix: 'remove the field',
            }),
          ]
        : [],
  }),
]

type Input = NonNullable<Workspace['tuning']>['input'] | undefined

function sourcesOf(input: Input): string[] {
  const sources: string[] = []
  if (input?.urls?.length) sources.push('urls')
  if (input?.image) sources.push('image')
  if (input?.volumeSource) sources.push('volumeSource')
  return sources
}

const urlsOf = ({ tuning }: Workspace) =>
  (tuning?.input?.urls ?? []).map((url, index) => ({ path: `tuning.input.urls[${index}]`, url }))

const checkedUrls = lastOnly((workspace: Workspace, policy: Policy) =>
  urlsOf(workspace).map((use) => ({ ...use, checked: checkUrl(use.url, policy.datasetAllowPrivate) })),
)
