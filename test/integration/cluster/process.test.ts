import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { withFolderLock } from '#examples/cluster/folder-lock.ts'
import { DaemonFailed, startDaemon, stopDaemon, waitReady } from '#examples/cluster/process.ts'
import { type DaemonHandle, isAlive, startTimeOf } from '#examples/cluster/process-identity.ts'
import { silent } from '#examples/cluster/progress.ts'

const dir = mkdtempSync(join(tmpdir(), 'kaito-process-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const never = async () => false

describe('a daemon', () => {
  test('that ends at once fails with its name and its last words', async () => {
    const daemon = await startDaemon({
      name: 'talker',
      argv: ['sh', '-c', 'echo port taken; exit 3'],
      logFile: join(dir, 'talker.log'),
    })
    const failure = await waitReady(daemon, never).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DaemonFailed)
    expect(String(failure)).toMatch(/talker failed: it ended[\s\S]*port taken/)
  })

  test('that ignores SIGTERM is killed once its time is up', async () => {
    const daemon = await startDaemon({
      name: 'deaf',
      argv: ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'],
      logFile: join(dir, 'deaf.log'),
    })
    await sleep(200)
    await stopDaemon(daemon, 300)
    expect(isAlive(daemon)).toBe(false)
  })

  test('whose program does not exist fails instead of being waited for', async () => {
    const start = startDaemon({
      name: 'ghost',
      argv: ['/no/such/program'],
      logFile: join(dir, 'ghost.log'),
      detached: true,
    })
    await expect(start).rejects.toThrow('ghost: cannot start /no/such/program')
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('ends when its parent gets %s', async (signal) => {
    const { parent, daemon } = await startParent()
    // It asks the kernel to die with its parent before it becomes the program, and not at once.
    await expect.poll(() => commandOf(daemon.pid), { timeout: 10_000 }).toBe('sleep')
    process.kill(parent, signal)
    await expect.poll(() => isAlive(daemon), { timeout: 10_000 }).toBe(false)
  })
})

test('a pid that was given to another process is not mistaken for the daemon', () => {
  const startTime = startTimeOf(process.pid) ?? ''
  expect(isAlive({ pid: process.pid, startTime })).toBe(true)
  expect(isAlive({ pid: process.pid, startTime: '1' })).toBe(false)
})

test('only one holds a lock at a time, and a dead holder does not keep it', async () => {
  const lock = join(dir, 'lock')
  const order: string[] = []
  const hold = (name: string) =>
    withFolderLock(lock, silent, async () => {
      order.push(`${name} in`)
      await sleep(50)
      order.push(`${name} out`)
    })
  await Promise.all([hold('a'), hold('b')])
  expect(order.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out'])
  mkdirSync(lock)
  writeFileSync(join(lock, 'holder'), '999999999 1')
  await hold('c')
  expect(order).toContain('c out')
})

/** The name of the program that a process runs now. */
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

/** A node process that starts a daemon and then waits. */
async function startParent(): Promise<{ parent: number; daemon: DaemonHandle }> {
  const source = `
    import { startDaemon } from '#examples/cluster/process.ts'
    const daemon = await startDaemon({ name: 'child', argv: ['sleep', '600'], logFile: ${JSON.stringify(join(dir, 'child.log'))} })
    console.log(daemon.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (data: Buffer) => resolve(data.toString())),
  )
  const pid = Number(line)
  return { parent: parent.pid ?? 0, daemon: { pid, startTime: startTimeOf(pid) ?? '' } }
}
