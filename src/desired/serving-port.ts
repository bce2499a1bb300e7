import type { Workspace } from '#src/api/workspace.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { GATEWAY_PORT } from './gateway.ts'

/**
 * Where the Service sends requests to: to the gateway of a preset's pods, and to the own server of a template: its port
 * named `http`; else 5000, KAITO's port, where a container has that or none has any; else the first port of the first
 * container with one.
 */
export function servingPort({ inference }: Workspace): number {
  const template = inference?.template
  if (template === undefined) return GATEWAY_PORT
  const ports = declaredPorts(template)
  const best = ports.find(({ name }) => name === 'http') ?? ports.find(({ port }) => port === GATEWAY_PORT) ?? ports[0]
  return best?.port ?? GATEWAY_PORT
}

interface DeclaredPort {
  readonly name: unknown
  readonly port: number
}

/** The TCP ports of the containers, in order. What is malformed is the apiserver's to refuse. */
function declaredPorts(template: Readonly<Record<string, unknown>>): DeclaredPort[] {
  const spec = isJsonObject(template['spec']) ? template['spec'] : {}
  return listOf(spec['containers']).flatMap((container) =>
    listOf(container['ports']).flatMap(({ name, containerPort, protocol }) =>
      typeof containerPort === 'number' && (protocol ?? 'TCP') === 'TCP' ? [{ name, port: containerPort }] : [],
    ),
  )
}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : []
