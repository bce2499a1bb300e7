import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { METHODS } from '#src/tuning/methods/index.ts'
import { parseTrainingConfig } from '#src/tuning/training-config.ts'
import { trainingConfigMarkdown } from '#src/tuning/training-document.ts'
import { sectionKeys } from '#src/tuning/training-schema.ts'

it('docs/training-config.md has a line for every key of every section', () => {
  const text = trainingConfigMarkdown()
  for (const section of TRAINING_SECTIONS) {
    const part = text.split(`## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
    expect(part.match(/^\| `(\w+)` \|/gm)).toHaveLength(Object.keys(sectionKeys(section)).length)
  }
  expect(text).toContain('| `load_in_4bit` | true or false | lora: `false`, qlora: `true` |')
  expect(text).toContain('| `r` | a whole number from 1 to 512 | `8` |')
})

it.for(METHODS)('the example in it is accepted by $name', (method) => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(trainingConfigMarkdown()) ?? []
  const { data } = parse(yaml) as { readonly data: Readonly<Record<string, string>> }
  expect(parseTrainingConfig(data['training_config.yaml'] ?? '', method)).toMatchObject({ ok: true })
})
