import { listOf, mapOf, text } from '#src/api/schema-kit.ts'
import { defined } from '#src/lib/defined.ts'

export const FOLDER = '^(?:/(?!\\.\\.(?:/|$))[^/]*)+$'

/** An absolute path in a container, without `..`. */
export const folder = (description?: string) => text({ pattern: FOLDER, ...defined({ description }) })

export const word = (description?: string) => text({ minLength: 1, ...defined({ description }) })

export const words = (description?: string) => listOf(text(), description === undefined ? {} : { description })

export const wordMap = () => mapOf(text())

/** How a step reaches registries: what an administrator has opened. */
export const registryFields = {
  insecureRegistries: words('Registries that may be spoken to over plain HTTP.'),
  tokenServices: words('Hosts that may be handed a login of another host, as token services are.'),
}
