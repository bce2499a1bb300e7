import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { runCommand } from '#test/cluster/command.ts'
import { ensureDebianPackages } from '#test/cluster/packages.ts'
import { toStderr } from '#test/cluster/progress.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'python')

/** What the trainer decides without torch, by the tests next to it in Python. */
beforeAll(() => ensureDebianPackages(['python3'], toStderr()))

it('passes the tests of the trainer', async () => {
  const { code, stderr } = await runCommand(['python3', '-m', 'unittest', 'discover', '--start-directory', FOLDER])
  expect(stderr).toMatch(/Ran [1-9]\d* tests/)
  expect(code, stderr).toBe(0)
})
