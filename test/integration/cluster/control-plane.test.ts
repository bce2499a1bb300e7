import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun, runCommand } from '#examples/cluster/command.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
}, 900_000)
afterAll(async () => {
  await plane.stop()
})

const kubectl = (...args: string[]) => runCommand([plane.kubectl, `--kubeconfig=${plane.kubeconfig}`, ...args])

test('a ConfigMap survives the apiserver being killed and started again', async () => {
  await mustRun([
    plane.kubectl,
    `--kubeconfig=${plane.kubeconfig}`,
    'create',
    'configmap',
    'kept',
    '--from-literal=a=1',
  ])
  await plane.killApiserver()
  expect((await kubectl('get', '--raw=/readyz')).code).not.toBe(0)
  await plane.restartApiserver()
  const kept = await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')
  expect(kept.stdout).toBe('1')
})

test('two control planes run side by side and do not share objects', async () => {
  const other = await startControlPlane()
  try {
    await mustRun([other.kubectl, `--kubeconfig=${other.kubeconfig}`, 'create', 'namespace', 'only-there'])
    expect((await kubectl('get', 'namespace', 'only-there')).stderr).toContain('NotFound')
  } finally {
    await other.stop()
  }
})

test('the controller manager gives a namespace its default service account', async () => {
  const managed = await startControlPlane({ controllerManager: true })
  try {
    const argv = [
      managed.kubectl,
      `--kubeconfig=${managed.kubeconfig}`,
      'wait',
      '--for=create',
      'serviceaccount/default',
      '--timeout=20s',
    ]
    await mustRun(argv)
  } finally {
    await managed.stop()
  }
})

test('stop leaves no process and no folder behind', async () => {
  const extra = await startControlPlane()
  expect(processesNaming(extra.dir)).toHaveLength(2)
  await extra.stop()
  expect(processesNaming(extra.dir)).toEqual([])
  expect(existsSync(extra.dir)).toBe(false)
})

/** Command lines of running processes that mention this text. */
function processesNaming(text: string): string[] {
  const commandLine = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(text))
}
