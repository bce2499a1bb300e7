import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { runCommand } from '#examples/cluster/command.ts'
import { ensureDebianPackages } from '#examples/cluster/packages.ts'
import { toStderr } from '#examples/cluster/progress.ts'

const ROOT = join(import.meta.dirname, '..', '..')

beforeAll(() => ensureDebianPackages(['python3'], toStderr()))

it('decides without torch and the libraries around it as the tests of its modules say', async () => {
  const argv = ['python3', '-m', 'unittest', 'discover', '--start-directory', 'test/python']
  const env = { ...process.env, PYTHONPATH: 'jobs/trainer', PYTHONDONTWRITEBYTECODE: '1' }
  const { code, stderr } = await runCommand(argv, { cwd: ROOT, env })
  expect(stderr).toMatch(/Ran [1-9]\d* tests/)
  expect(code, stderr).toBe(0)
})
