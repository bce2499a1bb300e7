import { int, optional } from '#src/api/schema-kit.ts'
import { folder, registryFields, word, wordMap } from './fields.ts'
import { type Body, type EndOf, stepMessage } from './message.ts'

/** Step `push`: packs an adapter and pushes it. */
export const pushMessage = stepMessage('push', ['TrainingFailed', 'PushFailed', 'PushDenied'], {
  from: folder(),
  run: word('Which run must have left the adapter.'),
  record: folder('What the train step has written of it: which run made it, and the digests of its files.'),
  image: word(),
  authFile: optional(folder('Docker config with the push secret; without one the push is anonymous.')),
  annotations: wordMap(),
  patienceSeconds: int({
    minimum: 1,
    description:
      'How long to go on trying: training again costs more than waiting for a registry or a corrected Secret.',
  }),
  ...registryFields,
})

export type PushSpec = Body<typeof pushMessage>
export type PushEnd = EndOf<typeof pushMessage>
