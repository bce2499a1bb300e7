import type { Catalog } from './catalog.ts'
import { PRESETS } from './presets/index.ts'
import { SKUS } from './skus/index.ts'

/** What the operator knows before the administrator's overlay. */
export const builtInCatalog: Catalog = { presets: PRESETS, skus: SKUS }
