import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'
import { type AdmissionRig, startAdmissionRig } from './rig.ts'
import { ask, type Reply } from './row-request.ts'
import { ROWS } from './rows.ts'

describe('every rule, through a real API server', () => {
  let rig: AdmissionRig
  const complained = new Set<string>()
  const admitted = new Set<string>()
  /** Rows that the definition's schema or the API server itself refuses before a rule is asked. */
  const refusedBefore: string[] = []

  beforeAll(async () => {
    rig = await startAdmissionRig()
  }, 600_000)

  afterAll(() => rig?.stop())

  for (const row of ROWS) {
    const rule = WORKSPACE_RULES.find(({ id }) => id === row.rule)
    const isWarning = rule?.level === 'warning'
    const verb = row.at.length === 0 ? 'says nothing of' : isWarning ? 'warns of' : 'refuses'
    it(`${row.rule} ${verb} a Workspace ${row.when}`, async () => {
      const reply = await ask(rig, row)
      expect([200, 201, 422]).toContain(reply.code)
      const isRefused = reply.code === 422
      if (isRefused && reply.causes.every(({ message }) => !/\[[a-z-]+\.[a-z-]+\]$/.test(message))) {
        refusedBefore.push(`${row.rule}: ${row.when}: ${reply.causes.map(({ message }) => message).join('; ')}`)
        expect(reply.causes.length).toBeGreaterThan(0)
        if (row.at.length > 0) complained.add(row.rule)
        return
      }
      if (row.at.length === 0) {
        expect(mentions(reply, row.rule)).toEqual([])
        if (!isRefused) admitted.add(row.rule)
      } else if (isWarning) {
        // Long warnings are cut, and with them the rule's id at their end.
        for (const path of row.at) expect(reply.warnings).toContain(`${path}:`)
        complained.add(row.rule)
      } else {
        expect(isRefused).toBe(true)
        const ours = reply.causes.filter(({ message }) => message.endsWith(`[${row.rule}]`))
        expect(ours.map(({ field }) => field)).toEqual(row.at)
        if (row.says !== undefined) expect(ours.map(({ message }) => message).join('\n')).toContain(row.says)
        complained.add(row.rule)
      }
    })
  }

  it('leaves no rule without a Workspace that it lets in and one that it complains of', () => {
    const ids = WORKSPACE_RULES.map(({ id }) => id)
    console.log(`${ids.length} rules, ${ROWS.length} requests, ${refusedBefore.length} refused before a rule was asked`)
    console.log(refusedBefore.join('\n'))
    expect(ids.filter((id) => !complained.has(id))).toEqual([])
    expect(ids.filter((id) => !admitted.has(id))).toEqual([])
  })
})

/** Where a rule is named: in what refuses and in what warns. */
const mentions = ({ causes, warnings }: Reply, id: string) =>
  [...causes.map(({ message }) => message), ...warnings.split('\n')].filter((text) => text.includes(`[${id}]`))
