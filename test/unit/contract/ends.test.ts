import { describe, expect, it } from 'vitest'
import { ENDS, FINAL_EXIT_CODES } from '#src/contract/ends.ts'
import { MESSAGES } from '#src/contract/messages.ts'
import { TAKEN_FOLDERS } from '#src/contract/mounts.ts'

describe('ends of steps', () => {
  it('with one exit code are tried again together or not at all, but for a push', () => {
    for (const { exitCode, again } of Object.values(ENDS)) {
      if (exitCode === ENDS.PushFailed.exitCode && !again) continue
      expect([exitCode, FINAL_EXIT_CODES.includes(exitCode)]).toEqual([exitCode, !again])
    }
  })

  it('are each those of a step', () => {
    const said = new Set<string>(MESSAGES.flatMap(({ ends }) => [...ends]))
    expect(Object.keys(ENDS).filter((reason) => !said.has(reason))).toEqual([])
  })

  it('leave a pull that failed to another try', () => {
    expect(FINAL_EXIT_CODES).toEqual([64, 65, 66, 67, 68, 69, 71, 72, 77])
  })
})

describe('folders of a pod', () => {
  it('are taken, but for the one of the results', () => {
    expect(TAKEN_FOLDERS).toEqual(expect.arrayContaining(['data', 'weights', 'adapters', 'adapters-scaled', 'config']))
    expect(TAKEN_FOLDERS).not.toContain('results')
  })
})
