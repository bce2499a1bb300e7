import type { PatchOperation } from '#src/lib/json-patch.ts'

/** The document after the operations, as the API server applies them (RFC 6902). Throws where one cannot be applied. */
export function applyPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  const holder: { root: unknown } = { root: structuredClone(document) }
  for (const operation of operations) {
    const steps = ['root', ...operation.path.split('/').slice(1).map(unescaped)]
    const last = steps.pop() ?? ''
    const parent = steps.reduce<unknown>((at, step) => memberOf(at, step, operation), holder)
    if (Array.isArray(parent)) changeList(parent, last, operation)
    else changeObject(parent, last, operation)
  }
  return holder.root
}

const unescaped = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~')

function memberOf(at: unknown, step: string, operation: PatchOperation): unknown {
  if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) throw impossible(operation)
  return (at as Record<string, unknown>)[step]
}

function changeList(list: unknown[], step: string, operation: PatchOperation): void {
  const index = Number(step)
  if (!Number.isInteger(index) || index > list.length || (operation.op !== 'add' && index === list.length)) {
    throw impossible(operation)
  }
  if (operation.op === 'add') list.splice(index, 0, operation.value)
  else if (operation.op === 'remove') list.splice(index, 1)
  else list[index] = operation.value
}

function changeObject(parent: unknown, step: string, operation: PatchOperation): void {
  if (typeof parent !== 'object' || parent === null) throw impossible(operation)
  if (operation.op !== 'add' && !Object.hasOwn(parent, step)) throw impossible(operation)
  if (operation.op === 'remove') Reflect.deleteProperty(parent, step)
  else
    Object.defineProperty(parent, step, {
      value: operation.value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

const impossible = ({ op, path }: PatchOperation) => new Error(`the patch cannot be applied: ${op} ${path}`)
