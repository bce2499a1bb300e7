import { int, listOf, text } from '#src/api/schema-kit.ts'
import { folder, words } from './fields.ts'
import { type Body, type EndOf, stepMessage } from './message.ts'

/** Step `fetch`: downloads a dataset. */
export const fetchMessage = stepMessage('fetch', ['DatasetInvalid', 'DatasetUnreachable'], {
  urls: { ...listOf(text()), minItems: 1 },
  out: folder(),
  maxBytes: int({ minimum: 1, description: 'For all files together.' }),
  allowPrivate: words('Hosts and networks that may be reached although they are private.'),
})

export type FetchSpec = Body<typeof fetchMessage>
export type FetchEnd = EndOf<typeof fetchMessage>
