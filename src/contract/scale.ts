import { listOf, number, object, oneOf } from '#src/api/schema-kit.ts'
import { folder, word } from './fields.ts'
import { type Body, type EndOf, stepMessage } from './message.ts'

/** Step `scale-adapters`: folds strengths into adapters. */
export const scaleMessage = stepMessage('scale-adapters', [], {
  adapters: listOf(
    object({
      name: word(),
      from: folder("Folder with the adapter's files, or one whose `data` folder has them."),
      out: folder(),
      strength: number(),
    }),
  ),
  weights: oneOf(['link', 'copy'], {
    description: '`link` where the server mounts `from` at the same path; `copy` where it does not.',
  }),
})

export type ScaleSpec = Body<typeof scaleMessage>
export type ScaleEnd = EndOf<typeof scaleMessage>
