import { int, optional } from '#src/api/schema-kit.ts'
import { folder, registryFields, word } from './fields.ts'
import { type Body, type EndOf, stepMessage } from './message.ts'

/** Step `pull`: unpacks an image where the node cannot mount it. */
export const pullMessage = stepMessage('pull', ['PullFailed', 'PullDenied'], {
  image: word(),
  out: folder(),
  authDir: optional(folder('Folder of docker configs (mounted pull secrets, one file each); all are tried.')),
  maxBytes: int({ minimum: 1, description: 'For the unpacked image.' }),
  maxFileBytes: optional(
    int({ minimum: 1, description: 'Larger files are passed over: a model without its weights.' }),
  ),
  ...registryFields,
})

export type PullSpec = Body<typeof pullMessage>
export type PullEnd = EndOf<typeof pullMessage>
