import { checkMessage, FAULTS } from '#src/contract/check.ts'
import { ENDS } from '#src/contract/ends.ts'
import { ANSWER_TOKENS, EVALUATION_CHARS, HELD_OUT, SAMPLE_CHARS, SAMPLES } from '#src/contract/evaluation.ts'
import { CONTRACT_VERSION } from '#src/contract/message.ts'
import { OUTCOME_BYTES } from '#src/contract/outcome.ts'
import { ROW_ENTRIES, ROW_NAME } from '#src/contract/rows.ts'
import { METRICS_FILE, METRICS_LINES, RUN_FILE } from '#src/contract/run-record.ts'
import { TRAINER_METHODS, TRAINING_SECTIONS, trainMessage } from '#src/contract/train.ts'
import { METHODS } from '#src/tuning/methods/index.ts'

/** jobs/trainer/contract.py: what the trainer, in Python, must agree on with the operator. */
export function contractPython(): string {
  const codes = trainMessage.ends.map((reason) => `    ${quoted(reason)}: ${ENDS[reason].exitCode},`)
  const { required = [] } = trainMessage.schema
  return [
    '"""What operator and trainer say to each other. Generated from src/contract by `npm run generate`. Do not edit."""',
    '',
    `VERSION = ${CONTRACT_VERSION}`,
    `VARIABLE = ${quoted(trainMessage.variable)}`,
    ...tuple('FIELDS', required),
    ...tuple('CHECK_FIELDS', checkMessage.schema.required ?? []),
    '# faults that are told of one check',
    `FAULTS = ${FAULTS}`,
    ...tuple('METHODS', TRAINER_METHODS),
    ...tuple('SECTIONS', TRAINING_SECTIONS),
    '# the keys of each section that have a value in every message: no default for them here',
    'CARRIED = {',
    ...TRAINING_SECTIONS.flatMap((section) => entry(section, carried(section))),
    '}',
    '# reason -> exit code of the train step',
    'EXIT_CODES = {',
    ...codes,
    '}',
    '# what the kubelet keeps of a termination message',
    `OUTCOME_BYTES = ${OUTCOME_BYTES}`,
    '# files, reasons and names that are listed before it is said how many more there are, and bytes of each',
    `ROW_ENTRIES = ${ROW_ENTRIES}`,
    `ROW_NAME = ${ROW_NAME}`,
    '# rows that are kept back for evaluation where the config says nothing; what is said of it, and how much of it',
    `HELD_OUT_SHARE = ${HELD_OUT.share}`,
    `HELD_OUT_MOST = ${HELD_OUT.most}`,
    `HELD_OUT_LEAST = ${HELD_OUT.least}`,
    `SAMPLES = ${SAMPLES}`,
    `ANSWER_TOKENS = ${ANSWER_TOKENS}`,
    `SAMPLE_CHARS = ${SAMPLE_CHARS}`,
    `EVALUATION_CHARS = ${EVALUATION_CHARS}`,
    '# beside the files of an adapter',
    `RUN_FILE = ${quoted(RUN_FILE)}`,
    `METRICS_FILE = ${quoted(METRICS_FILE)}`,
    `METRICS_LINES = ${METRICS_LINES}`,
    '',
  ].join('\n')
}

/** Keys that every method has a default for. */
const carried = (section: (typeof TRAINING_SECTIONS)[number]): readonly string[] => {
  const [first, ...others] = METHODS.map(({ defaults }) => Object.keys(defaults[section]))
  return (first ?? []).filter((key) => others.every((keys) => keys.includes(key)))
}

const entry = (name: string, values: readonly string[]) =>
  values.length === 0
    ? [`    ${quoted(name)}: (),`]
    : [`    ${quoted(name)}: (`, ...values.map((value) => `        ${quoted(value)},`), '    ),']

const quoted = (text: string) => JSON.stringify(text)

const tuple = (name: string, values: readonly string[]) => {
  const line = `${name} = (${values.map(quoted).join(', ')})`
  return line.length <= 120 ? [line] : [`${name} = (`, ...values.map((value) => `    ${quoted(value)},`), ')']
}
