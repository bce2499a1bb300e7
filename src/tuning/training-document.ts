import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { METHODS } from './methods/index.ts'
import { HINTS, NARROWED, WITHOUT_EFFECT } from './training-hints.ts'
import { describe, type SectionName, sectionKeys } from './training-schema.ts'

/** docs/training-config.md: every section of training_config.yaml, its keys, what they may be, and the defaults. */
export function trainingConfigMarkdown(): string {
  return [
    '# training_config.yaml',
    '',
    '<!-- Generated from src/tuning by `npm run generate`. Do not edit. -->',
    '',
    'The ConfigMap that `tuning.config` names holds this file under the key `training_config.yaml`: one map,',
    '`training_config`, with the sections below. A section or key that is left out has its default; without one, the',
    "library's applies, but for two that depend on the data: `assistant_only_loss` is true where the chat template lets answers",
    'be told apart, and with a split `eval_strategy` is epoch. `max_length` never goes beyond what the model can read.',
    'Any other key is refused, and so are keys that do not go together (`eval_strategy` without rows to evaluate on,',
    '`load_best_model_at_end` without an evaluation at each save, a schedule without what it needs, …).',
    '`target_modules` is a list of linear modules of the model, `all-linear`, or one regular expression of whole paths,',
    'which is not checked. A rank above 64 needs `max-lora-rank` in the inference.config of the Workspace that serves it.',
    '',
    ...TRAINING_SECTIONS.flatMap(section),
  ].join('\n')
}

function section(name: SectionName): string[] {
  const rows = Object.entries(sectionKeys(name)).map(
    ([key, property]) => `| \`${key}\` | ${describe(property).replaceAll('|', '\\|')} | ${defaults(name, key)} |`,
  )
  const hints = Object.entries(HINTS[name] ?? {}).map(([key, { why, fix }]) => `- \`${key}\`: ${why}; ${fix}`)
  const narrowed = Object.entries(NARROWED[name] ?? {}).map(([key, why]) => `- \`${key}\`: no other value, ${why}`)
  const ignored = WITHOUT_EFFECT[name] ?? []
  return [
    `## ${name}`,
    '',
    '| key | what it may be | default |',
    '|---|---|---|',
    ...rows,
    '',
    ...(hints.length + narrowed.length === 0 ? [] : ['Refused, with the reason:', '', ...hints, ...narrowed, '']),
    ...(ignored.length === 0 ? [] : [`Accepted without effect: ${ignored.map((key) => `\`${key}\``).join(', ')}.`, '']),
  ]
}

/** `8`, or `lora: false, qlora: true` where the methods differ. */
function defaults(name: SectionName, key: string): string {
  const values = METHODS.map((method) => ({ method: method.name, text: JSON.stringify(method.defaults[name][key]) }))
  const [first] = values
  if (values.every(({ text }) => text === first?.text)) return first?.text === undefined ? '' : `\`${first.text}\``
  return values
    .filter(({ text }) => text !== undefined)
    .map(({ method, text }) => `${method}: \`${text}\``)
    .join(', ')
}
