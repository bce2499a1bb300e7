import { expect, it } from 'vitest'
import { loadConfig } from '#src/config.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { unwatched } from '#src/runtime/watchdog.ts'
import { warmUp } from '#src/wire/warm-up.ts'

it('a webhook that warms up runs the rules, asks nobody for anything, and ends', async () => {
  let asked = 0
  const never = () => {
    asked++
    return new Promise<never>(() => {})
  }
  const client = { get: never, metadata: never, list: never } as unknown as KubeClient
  const steps = new Set<string>()
  await warmUp(loadConfig(undefined, {}), client, { ...unwatched, step: (name) => void steps.add(name) })
  expect(asked).toBe(0)
  expect(steps.size).toBeGreaterThan(50)
})
