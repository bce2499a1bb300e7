import type { Row } from '../row.ts'
import { adapterRows } from './adapters.ts'
import { configurationRows } from './configuration.ts'
import { immutableRows } from './immutable.ts'
import { instanceRows } from './instance.ts'
import { loraRows } from './lora.ts'
import { modelRows } from './model.ts'
import { parallelRows } from './parallel.ts'
import { referenceRows } from './references.ts'
import { rerunRows } from './rerun.ts'
import { templateRows } from './templates.ts'
import { tuningRows } from './tuning.ts'
import { workspaceRows } from './workspace.ts'

/** What each rule says, in the order of the rules: asked of the rules themselves, and through a real API server. */
export const RULE_ROWS: readonly Row[] = [
  ...workspaceRows,
  ...instanceRows,
  ...modelRows,
  ...templateRows,
  ...adapterRows,
  ...tuningRows,
  ...referenceRows,
  ...configurationRows,
  ...loraRows,
  ...parallelRows,
  ...immutableRows,
  ...rerunRows,
]
