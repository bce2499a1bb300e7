import { rowsOf } from '../row.ts'
import { annotated } from '../sample.ts'

export const deadlineRows = [
  ...rowsOf('annotation.tuning-deadline', [
    ...['60s', '90m', '36h', '30d'].map((value) => ({
      when: `that says ${value}`,
      workspace: annotated({ 'kaito.sh/tuning-deadline': value }),
      at: [],
    })),
    ...['', '36', '59s', '31d', '-1h', '1.5h', '1h30m', '36H', ' 36h'].map((value) => ({
      when: `that says ${JSON.stringify(value)}`,
      workspace: annotated({ 'kaito.sh/tuning-deadline': value }),
      at: ['metadata.annotations[kaito.sh/tuning-deadline]'],
    })),
  ]),
]
