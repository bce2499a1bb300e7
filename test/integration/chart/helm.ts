import { join } from 'node:path'
import { expect } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ensureBinaries } from '#examples/cluster/binaries.ts'
import { type CommandResult, runCommand } from '#examples/cluster/command.ts'
import type { K8sObject } from '#src/api/objects.ts'

export const chartDir = join(import.meta.dirname, '../../../charts/kaito-ts')
export const NAMESPACE = 'kaito-system'

/** Chart values as they would stand in a values file. */
export type Values = Readonly<Record<string, unknown>>

/** Runs helm; `values` reach it as a values file on stdin. Never rejects. */
export async function helm(args: readonly string[], values: Values = {}): Promise<CommandResult> {
  const binary = (await ensureBinaries(['helm'])).get('helm') ?? 'helm'
  const withValues = args[0] === 'template' || args[0] === 'install' || args[0] === 'upgrade'
  return runCommand([binary, ...args, ...(withValues ? ['--values', '-'] : [])], {
    input: JSON.stringify(values),
    timeoutMs: 60_000,
  })
}

/** What `helm template kaito charts/kaito-ts` prints, as objects. Throws with helm's message. */
export async function render(values: Values = {}, namespace = NAMESPACE): Promise<K8sObject[]> {
  const { code, stdout, stderr } = await helm(['template', 'kaito', chartDir, '--namespace', namespace], values)
  if (code !== 0) throw new Error(stderr)
  return parseAllDocuments(stdout)
    .map((document): unknown => document.toJS())
    .filter((value): value is K8sObject => typeof value === 'object' && value !== null)
}

/** The one object of a kind and name. Throws when there is none. */
export function one(objects: readonly K8sObject[], kind: string, name?: string): K8sObject {
  const found = all(objects, kind).find((object) => name === undefined || object.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind} ${name ?? ''} is rendered`)
  return found
}

export const all = (objects: readonly K8sObject[], kind: string): K8sObject[] =>
  objects.filter((object) => object.kind === kind)

/** A value deep in parsed YAML, by keys and indexes; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (here, key) => (typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined),
    value,
  )
}

/** Installs, upgrades or removes the release; whatever helm says against it fails the test. */
export async function release(
  action: 'install' | 'upgrade' | 'uninstall',
  kubeconfig: string,
  values: Values = {},
): Promise<void> {
  const chart = action === 'uninstall' ? [] : [chartDir]
  const create = action === 'install' ? ['--create-namespace'] : []
  const target = ['--namespace', NAMESPACE, '--kubeconfig', kubeconfig]
  const { code, stderr } = await helm([action, 'kaito', ...chart, ...target, ...create], values)
  expect(stderr).not.toContain('unknown field')
  expect([code, stderr]).toEqual([0, expect.any(String)])
}
