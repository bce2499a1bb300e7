/** What is worth keeping of an error: JSON.stringify of one is `{}`, and the cause is often the whole story. */
export interface ErrorFields {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly status?: number
  readonly reason?: string
  readonly cause?: ErrorFields
}

/** Causes are followed five deep, which also ends a cycle. Only the outermost error keeps its stack. */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const code = field(error, 'code')
  const status = field(error, 'status')
  const reason = field(error, 'reason')
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(error.cause !== undefined && depth < 5 ? { cause: errorFields(error.cause, depth + 1) } : {}),
    ...(depth === 0 && error.stack !== undefined ? { stack: error.stack } : {}),
  }
}

function field(error: Error, name: string): unknown {
  return Object.getOwnPropertyDescriptor(error, name)?.value
}
