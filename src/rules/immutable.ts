import { askedLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { deepEqual } from '#src/lib/deep.ts'
import { type Complaint, immutable } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import { presetUses } from '#src/reading/mentions.ts'
import { DEFAULT_METHOD } from '#src/tuning/methods/index.ts'
import { type Rule, rule } from './rule.ts'

const ANOTHER = 'make a new Workspace for it'

export const immutableRules = [
  onChange({
    id: 'immutable.purpose',
    about: 'A Workspace that serves does not become one that tunes, nor the other way round.',
    check: (workspace, old) => {
      const lost = (['inference', 'tuning'] as const).filter((kind) => old[kind] && !workspace[kind])
      const won = (['inference', 'tuning'] as const).filter((kind) => !old[kind] && workspace[kind])
      const from = lost[0]
      const to = won[0]
      if (from === undefined && (to === undefined || (!old.inference && !old.tuning))) return []
      return [
        immutable(from ?? to ?? 'inference', undefined, 'inference and tuning cannot be switched', { fix: ANOTHER }),
      ]
    },
  }),

  onChange({
    id: 'immutable.count',
    about: 'resource.count stays as it was created.',
    check: ({ resource }, old) =>
      changed(old.resource?.count, resource?.count)
        ? [unchangeable('resource.count', resource?.count, old.resource?.count)]
        : [],
  }),

  onChange({
    id: 'immutable.instance-type',
    about: 'resource.instanceType stays as it was created; its spelling may be corrected.',
    check: ({ resource }, old) => {
      const before = old.resource?.instanceType
      return changed(before?.toLowerCase(), resource?.instanceType?.toLowerCase())
        ? [unchangeable('resource.instanceType', resource?.instanceType, before)]
        : []
    },
  }),

  onChange({
    id: 'immutable.selector',
    about: 'resource.labelSelector keeps asking for the same labels, however they are written.',
    check: ({ resource }, old) => {
      if (!old.resource?.labelSelector) return []
      const before = askedLabels(old.resource.labelSelector)
      const now = askedLabels(resource?.labelSelector)
      return deepEqual(before, now) ? [] : [unchangeable('resource.labelSelector', now, before)]
    },
  }),

  onChange({
    id: 'immutable.preset',
    about: 'The model of a Workspace stays the same; an alias of it may be written instead.',
    check: (workspace, old, facts) => {
      const before = new Map(presetUses(old).map(({ path, preset }) => [path, preset]))
      return presetUses(workspace).flatMap(({ path, preset }) => {
        const was = before.get(path)
        if (!was || deepEqual(normalised(was, facts), normalised(preset, facts))) return []
        return [unchangeable(path, preset, was)]
      })
    },
  }),

  onChange({
    id: 'immutable.model-kind',
    about: 'Neither preset nor template can appear or disappear; a template may change.',
    check: ({ inference }, old) => {
      if (!inference || !old.inference) return []
      const { inference: was } = old
      return (['preset', 'template'] as const)
        .filter((kind) => Boolean(was[kind]) !== Boolean(inference[kind]))
        .map((kind) =>
          immutable(`inference.${kind}`, undefined, was[kind] ? 'it cannot be removed' : 'it cannot be added later', {
            fix: ANOTHER,
          }),
        )
    },
  }),

  onChange({
    id: 'immutable.tuning-preset',
    about: 'The model that tuning starts from cannot be removed.',
    check: ({ tuning }, old) =>
      tuning && old.tuning?.preset && !tuning.preset
        ? [immutable('tuning.preset', undefined, 'it cannot be removed', { fix: ANOTHER })]
        : [],
  }),

  onChange({
    id: 'immutable.method',
    about: 'tuning.method stays as it was created, apart from its case.',
    check: ({ tuning }, old) => {
      if (!tuning || !old.tuning) return []
      const before = (old.tuning.method ?? DEFAULT_METHOD).toLowerCase()
      const now = (tuning.method ?? DEFAULT_METHOD).toLowerCase()
      return before === now ? [] : [unchangeable('tuning.method', tuning.method, old.tuning.method ?? before)]
    },
  }),

  onChange({
    id: 'immutable.input-name',
    about: "tuning.input.name stays: it is the data's name in records of the run.",
    check: ({ tuning }, old) =>
      changed(old.tuning?.input?.name, tuning?.input?.name)
        ? [unchangeable('tuning.input.name', tuning?.input?.name, old.tuning?.input?.name)]
        : [],
  }),
]

/** A rule about the step from the old object to the new one. It says nothing on CREATE. */
function onChange(definition: {
  readonly id: string
  readonly about: string
  readonly check: (workspace: Workspace, old: Workspace, facts: Facts) => readonly Complaint[]
}): Rule {
  return rule({
    ...definition,
    level: 'error',
    check: (workspace, facts) =>
      facts.operation === 'UPDATE' && facts.old ? definition.check(workspace, facts.old, facts) : [],
  })
}

/** Both set and different: a field that defaulting fills in, or that a re-apply leaves out, has not changed. */
const changed = (before: string | number | undefined, now: string | number | undefined) =>
  before !== undefined && now !== undefined && before !== now

const unchangeable = (path: string, now: unknown, before: unknown) =>
  immutable(path, now, `it cannot be changed (it was ${short(before)})`, { fix: `keep the old value, or ${ANOTHER}` })

const short = (value: unknown) => {
  const text = JSON.stringify(value) ?? 'absent'
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

type Preset = ReturnType<typeof presetUses>[number]['preset']

const normalised = (preset: Preset, { catalog }: Facts) => ({
  ...preset,
  name: findPreset(catalog, preset.name)?.name ?? preset.name.toLowerCase(),
  accessMode: preset.accessMode ?? 'public',
})
