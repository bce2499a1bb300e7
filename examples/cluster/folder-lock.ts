import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, startTimeOf } from './process-identity.ts'
import type { Progress } from './progress.ts'

/** Runs work while holding the lock folder, waiting for its holder; a lock whose holder has died is taken over. */
export async function withFolderLock<T>(lock: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  for (let told = false; !take(lock); ) {
    if (!told) progress(`waiting for another process (pid ${holderOf(lock)?.pid ?? '?'}) that holds ${lock}`)
    told = true
    await sleep(300)
  }
  try {
    return await work()
  } finally {
    release(lock)
  }
}

/** Renamed aside first: a lock emptied in place could be taken by a rename onto it between two steps of its removal. */
function release(lock: string): void {
  const gone = `${lock}.${process.pid}.gone`
  try {
    renameSync(lock, gone)
  } catch {
    // Another process was quicker to clear a dead holder's lock away.
    return
  }
  rmSync(gone, { recursive: true, force: true })
}

function take(lock: string): boolean {
  // Made aside and renamed into place, so that a lock is never seen without its holder's name.
  const mine = `${lock}.${process.pid}`
  rmSync(mine, { recursive: true, force: true })
  mkdirSync(mine)
  writeFileSync(join(mine, 'holder'), `${process.pid} ${startTimeOf(process.pid) ?? ''}`)
  try {
    renameSync(mine, lock)
    return true
  } catch {
    rmSync(mine, { recursive: true, force: true })
  }
  const holder = holderOf(lock)
  if (holder !== undefined && !isAlive(holder)) release(lock)
  return false
}

function holderOf(lock: string): { pid: number; startTime: string } | undefined {
  try {
    const [pid = '', startTime = ''] = readFileSync(join(lock, 'holder'), 'utf8').split(' ')
    return { pid: Number(pid), startTime }
  } catch {
    return undefined
  }
}
