import { describe, expect, it } from 'vitest'
import { renderError } from '#src/lib/field-error.ts'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'
import { RULE_ROWS } from './rows/index.ts'
import { facts, serving, tuning } from './sample.ts'

const ROWS = [...RULE_ROWS]

describe('each rule', () => {
  for (const row of ROWS) {
    const rule = WORKSPACE_RULES.find(({ id }) => id === row.rule)
    const verb = row.at.length === 0 ? 'accepts' : rule?.level === 'warning' ? 'warns of' : 'refuses'
    it(`${row.rule} ${verb} a Workspace ${row.when}`, () => {
      if (!rule) throw new Error(`there is no rule ${row.rule}`)
      const complaints = rule.check(row.workspace, { ...facts, ...row.facts })
      expect(complaints.map(({ path }) => path)).toEqual(row.at)
      const text = complaints.map((complaint) => renderError({ ...complaint, origin: rule.id })).join('\n')
      if (row.says !== undefined) expect(text).toContain(row.says)
    })
  }
})

describe('the list of rules', () => {
  it('has no id twice', () => {
    expect(new Set(WORKSPACE_RULES.map(({ id }) => id)).size).toBe(WORKSPACE_RULES.length)
  })

  it.each(WORKSPACE_RULES.map(({ id }) => id))('has a row that %s accepts and one that it complains about', (id) => {
    const rows = ROWS.filter((row) => row.rule === id)
    expect(rows.some(({ at }) => at.length === 0)).toBe(true)
    expect(rows.some(({ at }) => at.length > 0)).toBe(true)
  })

  it('finds nothing wrong with the samples that the rows are made from', () => {
    for (const sample of [serving, tuning]) {
      for (const rule of WORKSPACE_RULES) expect(rule.check(sample, facts), rule.id).toEqual([])
    }
  })

  it.each(ROWS.filter(({ at }) => at.length > 0))('says why and what to do: $rule, $when', (row) => {
    const rule = WORKSPACE_RULES.find(({ id }) => id === row.rule)
    const complaints = rule?.check(row.workspace, { ...facts, ...row.facts }) ?? []
    for (const { detail } of complaints) {
      expect(detail).not.toBe('')
      expect(detail).not.toMatch(/[.]$/)
    }
    if (rule?.level === 'error') for (const { fix } of complaints) expect(fix ?? '').not.toBe('')
  })
})
