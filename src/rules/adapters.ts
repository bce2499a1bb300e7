import type { Workspace } from '#src/api/workspace.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { isDnsLabel, toDnsLabel } from '#src/lib/dns-label.ts'
import { type Complaint, duplicate, forbidden, invalid, required, tooLong, tooMany } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import { adapterUses } from '#src/reading/mentions.ts'
import { rule } from './rule.ts'

export const MAX_ADAPTERS = 10
/** Containers and volumes are called after an adapter with a prefix of at most 13 characters. */
export const LONGEST_ADAPTER_NAME = 50

export const adapterRules = [
  rule({
    id: 'adapters.count',
    about: `A server holds at most ${MAX_ADAPTERS} adapters.`,
    level: 'error',
    check: ({ inference }) => {
      const count = inference?.adapters?.length ?? 0
      if (count <= MAX_ADAPTERS) return []
      return [
        tooMany('inference.adapters', count, `at most ${MAX_ADAPTERS} adapters are served together`, {
          fix: 'put the others into a second Workspace',
        }),
      ]
    },
  }),

  rule({
    id: 'adapters.source',
    about:
      'Every adapter says where it comes from: exactly one of image and volumeSource; adapters are not read from URLs.',
    level: 'error',
    check: (workspace) => adapterUses(workspace).flatMap(({ path, adapter }) => sourceComplaints(path, adapter.source)),
  }),

  rule({
    id: 'adapters.name',
    about: `An adapter's name is the model name that requests use: a DNS label of at most ${LONGEST_ADAPTER_NAME} characters.`,
    level: 'error',
    check: (workspace) =>
      adapterUses(workspace).flatMap(({ path, adapter }) =>
        adapter.source ? nameComplaints(`${path}.source.name`, adapter.source.name) : [],
      ),
  }),

  rule({
    id: 'adapters.unique',
    about: 'No two adapters have the same name.',
    level: 'error',
    check: (workspace) => {
      const seen = new Set<string>()
      return adapterUses(workspace).flatMap(({ path, adapter }) => {
        const name = adapter.source?.name
        if (!name) return []
        if (seen.has(name)) {
          return [
            duplicate(`${path}.source.name`, name, 'another adapter of this Workspace has the same name', {
              fix: 'give every adapter a name of its own',
            }),
          ]
        }
        seen.add(name)
        return []
      })
    },
  }),

  rule({
    id: 'adapters.base-name',
    about: 'An adapter is not called like the base model, or requests could not tell the two apart.',
    level: 'error',
    check: (workspace, facts) => {
      const taken = servedNames(workspace, facts)
      return adapterUses(workspace).flatMap(({ path, adapter }) => {
        const name = adapter.source?.name
        if (!name || !taken.includes(name.toLowerCase())) return []
        return [
          duplicate(`${path}.source.name`, name, 'the base model is served under this name', {
            fix: `write for example ${JSON.stringify(`${name.toLowerCase()}-adapter`.slice(-LONGEST_ADAPTER_NAME))}`,
          }),
        ]
      })
    },
  }),

  rule({
    id: 'adapters.strength',
    about: 'strength is a number from 0 to 1, written as a string: 1 applies the adapter in full, 0 not at all.',
    level: 'error',
    check: (workspace) =>
      adapterUses(workspace).flatMap(({ path, adapter: { strength } }) =>
        strength === undefined || isStrength(strength)
          ? []
          : [
              invalid(`${path}.strength`, strength, 'strength must be a number from 0 to 1, as a string', {
                fix: 'write for example "0.5"',
              }),
            ],
      ),
  }),

  rule({
    id: 'adapters.strength-zero',
    about: 'An adapter with strength 0 is loaded and does nothing.',
    level: 'warning',
    check: (workspace) =>
      adapterUses(workspace).flatMap(({ path, adapter: { strength } }) =>
        strength !== undefined && isStrength(strength) && Number(strength) === 0
          ? [
              invalid(`${path}.strength`, strength, 'the adapter will change nothing', {
                fix: 'remove it or raise strength',
              }),
            ]
          : [],
      ),
  }),
]

/** Plain decimals only: no sign, exponent, hexadecimal, NaN or Infinity. */
export const isStrength = (text: string): boolean => /^(0(\.[0-9]+)?|1(\.0+)?|\.[0-9]+)$/.test(text)

type Source = NonNullable<NonNullable<NonNullable<Workspace['inference']>['adapters']>[number]['source']>

function sourceComplaints(path: string, source: Source | undefined): Complaint[] {
  const fix = `write for example source: {name: phi-3-adapter, image: myacr.azurecr.io/adapters/phi-3:0.0.1}`
  if (!source) return [required(`${path}.source`, 'the adapter does not say where it comes from', { fix })]
  const complaints: Complaint[] = []
  if (source.urls) {
    complaints.push(
      forbidden(`${path}.source.urls`, undefined, 'adapters are not downloaded from URLs', {
        fix: 'push the adapter as an image (tuning does) and name it in source.image',
      }),
    )
  }
  if (source.image && source.volumeSource) {
    complaints.push(
      forbidden(`${path}.source.volumeSource`, undefined, 'image and volumeSource are both set', {
        fix: 'keep one of them',
      }),
    )
  }
  if (!source.image && !source.volumeSource) {
    complaints.push(required(`${path}.source.image`, 'neither image nor volumeSource is set', { fix }))
  }
  return complaints
}

function nameComplaints(path: string, name: string | undefined): Complaint[] {
  if (!name) return [required(path, 'the adapter has no name', { fix: 'write for example phi-3-adapter' })]
  if (name.length > LONGEST_ADAPTER_NAME) {
    return [
      tooLong(
        path,
        name,
        `an adapter's name has at most ${LONGEST_ADAPTER_NAME} characters (this one has ${name.length})`,
        {
          fix: 'shorten it',
        },
      ),
    ]
  }
  if (isDnsLabel(name)) return []
  const near = toDnsLabel(name)
  return [
    invalid(path, name, 'the name must be lower-case letters, digits and "-"', {
      fix: near === '' ? 'write for example phi-3-adapter' : `write ${JSON.stringify(near)}`,
    }),
  ]
}

/** The names, in lower case, that the base model answers to. */
function servedNames({ inference }: Workspace, { catalog }: Facts): string[] {
  const name = inference?.preset?.name
  if (!name) return []
  const preset = findPreset(catalog, name)
  return [name, ...(preset ? [preset.name, ...(preset.aliases ?? [])] : [])].map((each) => each.toLowerCase())
}
