import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sectionKeys } from '#src/tuning/training-schema.ts'
import trainer from '#test/support/trainer-fields.json' with { type: 'json' }

const TRAINER = new URL('../../../jobs/trainer/', import.meta.url)
const locks = readdirSync(TRAINER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.lock'))
  .map((name) => readFileSync(new URL(name, TRAINER), 'utf8'))

describe("the fields of the trainer's config classes (test/support/trainer-fields.py lists them)", () => {
  it.each(Object.entries(trainer.versions))('are those of the locked %s %s', (name, version) => {
    const pins = locks.flatMap((text) =>
      [...text.matchAll(new RegExp(`^${name}==([0-9.]+)`, 'gm'))].map(([, pin]) => pin),
    )
    expect([...new Set(pins)]).toEqual([version])
  })

  it.each(['TrainingArguments', 'LoraConfig', 'QuantizationConfig'] as const)('hold every key of %s', (section) => {
    // BitsAndBytesConfig sets this one itself; the trainer never sees it.
    const keys = Object.keys(sectionKeys(section)).filter((key) => key !== 'quant_method')
    expect(keys.filter((key) => !trainer.fields[section].includes(key))).toEqual([])
  })
})
