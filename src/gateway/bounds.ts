import type { JsonBounds } from '#src/lib/json-guard.ts'

/** Of a body that is read here, not only passed on. Messages have a few levels, and a conversation some thousand values; the engine reads all of them again. */
export const READ_BOUNDS: JsonBounds = { maxDepth: 64, maxValues: 50_000 }
