import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from '../api-daemons.ts'
import { DaemonFailed, startDaemon, stopDaemon, waitReady } from '../process.ts'
import { isAlive } from '../process-identity.ts'
import type { Progress } from '../progress.ts'
import type { Layout } from './layout.ts'
import { type ClusterState, digestOf, saveState } from './state.ts'

/** Resolves once the component is ready: true when it had to be started, false when it was running already. */
export type Launch = (component: Component, timeoutMs?: number) => Promise<boolean>

/** Makes sure a component runs with this very command line: leaves a healthy one alone, replaces any other. */
export function launcher(layout: Layout, state: ClusterState, progress: Progress): Launch {
  return async (component, timeoutMs = 60_000) => {
    const argvDigest = digestOf(component.argv)
    const known = state.daemons[component.name]
    if (known !== undefined && isAlive(known)) {
      if (known.argvDigest === argvDigest && (await component.ready())) return false
      await stopDaemon(known)
    }
    const start = Date.now()
    const logFile = join(layout.logs, `${component.name}.log`)
    // The log shows this start only, so that its end is about it; the one before stays for a look back.
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`)
    const daemon = await startDaemon({ ...component, logFile, detached: true })
    state.daemons[component.name] = { ...daemon, argvDigest }
    saveState(layout, state)
    try {
      await waitReady(daemon, component.ready, timeoutMs)
    } catch (error) {
      if (error instanceof DaemonFailed) progress(`${component.name} did not start`)
      throw error
    }
    progress(`${component.name.padEnd(24)} ready in ${((Date.now() - start) / 1000).toFixed(1)} s`)
    return true
  }
}
