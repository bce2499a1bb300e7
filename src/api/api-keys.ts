import { ANNOTATION } from './labels.ts'
import type { Workspace } from './workspace.ts'

export const API_KEYS_PATH = `metadata.annotations[${ANNOTATION.apiKeys}]`

/** The Secret of API keys that a preset's server is to have. A template's server and a tuning run have no gateway that asks for keys. */
export const apiKeysSecret = ({ metadata, inference }: Workspace): string | undefined =>
  inference?.preset === undefined ? undefined : metadata?.annotations?.[ANNOTATION.apiKeys]
