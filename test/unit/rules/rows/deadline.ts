import { rowsOf } from '../row.ts'
import { annotated, configMap, facts, serving, tuning, tuningWith } from '../sample.ts'

const longest = { policy: { ...facts.policy, longestRunSeconds: 259_200 } }

const gate = (value: string, workspace = serving) => annotated({ 'kaito.sh/min-improvement': value }, workspace)
const split = (share: number) =>
  configMap('train', { 'training_config.yaml': `training_config: {DatasetConfig: {train_test_split: ${share}}}` })

export const deadlineRows = [
  ...rowsOf('annotation.min-improvement', [
    ...['0%', '5%', '12.5%', '99.99%'].map((value) => ({
      when: `that says ${value}`,
      workspace: gate(value),
      at: [],
    })),
    ...['', '5', '-5%', '100%', '5 %', '1.234%', 'five'].map((value) => ({
      when: `that says ${JSON.stringify(value)}`,
      workspace: gate(value),
      at: ['metadata.annotations[kaito.sh/min-improvement]'],
    })),
  ]),
  ...rowsOf('annotation.min-improvement-rows', [
    { when: 'with a gate and the default split', workspace: gate('5%', tuning), at: [] },
    {
      when: 'with a gate and a split of its own',
      workspace: gate('5%', tuningWith({ config: 'train' })),
      facts: split(0.9),
      at: [],
    },
    {
      when: 'with a gate and no rows to measure it on',
      workspace: gate('5%', tuningWith({ config: 'train' })),
      facts: split(1),
      at: ['metadata.annotations[kaito.sh/min-improvement]'],
      says: 'remove DatasetConfig.train_test_split from ConfigMap train',
    },
    {
      when: 'without a gate and without rows to measure on',
      workspace: tuningWith({ config: 'train' }),
      facts: split(1),
      at: [],
    },
  ]),
  ...rowsOf('annotation.retry', [
    ...['2', 'again', '2026-11-29T12:00:00.5-01:00', 'a'.repeat(63)].map((value) => ({
      when: `that says ${value}`,
      workspace: annotated({ 'kaito.sh/retry': value }),
      at: [],
    })),
    ...['', ' ', 'a b', 'a\n', 'ä', 'a'.repeat(64)].map((value) => ({
      when: `that says ${JSON.stringify(value)}`,
      workspace: annotated({ 'kaito.sh/retry': value }),
      at: ['metadata.annotations[kaito.sh/retry]'],
    })),
  ]),
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
