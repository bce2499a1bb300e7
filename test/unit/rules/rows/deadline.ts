import { rowsOf } from '../row.ts'
import { annotated, facts } from '../sample.ts'

const longest = { policy: { ...facts.policy, longestRunSeconds: 259_200 } }

export const deadlineRows = [
  ...rowsOf('annotation.tuning-deadline', [
    ...['60s', '90m', '36h', '30d'].map((value) => ({
      when: `that says ${value}`,
      workspace: annotated({ 'kaito.sh/tuning-deadline': value }),
      at: [],
    })),
    {
      when: 'that says as long as an administrator allows',
      workspace: annotated({ 'kaito.sh/tuning-deadline': '72h' }),
      facts: longest,
      at: [],
    },
    {
      when: 'that says longer than an administrator allows',
      workspace: annotated({ 'kaito.sh/tuning-deadline': '4d' }),
      facts: longest,
      at: ['metadata.annotations[kaito.sh/tuning-deadline]'],
      says: 'write 259200s',
    },
    ...['', '36', '59s', '31d', '-1h', '1.5h', '1h30m', '36H', ' 36h'].map((value) => ({
      when: `that says ${JSON.stringify(value)}`,
      workspace: annotated({ 'kaito.sh/tuning-deadline': value }),
      at: ['metadata.annotations[kaito.sh/tuning-deadline]'],
    })),
  ]),
]
