import { parseSettings } from '#src/config.ts'

/** The settings of an installation that says nothing. */
export const DEFAULT_SETTINGS = parseSettings('')
