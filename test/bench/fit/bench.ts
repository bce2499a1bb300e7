import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { LIMITS } from '#test/support/engine-judge.ts'
import {
  allPairs,
  CLOUDS,
  type Pair,
  pairOf,
  UPSTREAM_EXAMPLES,
  UPSTREAM_ON_SEVERAL_NODES,
} from '#test/support/fit-pairs.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { saveReport } from '../measure/report-file.ts'

/** Every model on every instance type, before the rules and before the limits of the pinned server. No flags. */
export async function fitBench(): Promise<boolean> {
  const loadBefore = loadavg()
  const pairs = allPairs()
  const wrong = pairs.filter(({ refused, faults }) => refused.length === 0 && faults.length > 0)
  const examples = [...UPSTREAM_EXAMPLES, ...UPSTREAM_ON_SEVERAL_NODES].map(examplePair)
  const refused = examples.filter(({ refused: by }) => by.length > 0)
  saveReport('fit', 'Every model on every instance type', [
    ...machineLines(loadBefore),
    `- limits: read in the wheel of vLLM ${LIMITS.version} (test/support/vllm-limits.py)`,
    '',
    '| | azure | aws | arc | all |',
    '| --- | --- | --- | --- | --- |',
    ...ROWS.map(([what, is]) => `| ${what} | ${counted(pairs, is).join(' | ')} |`),
    '',
    `Admitted by the rules and refused by the engine (wanted: 0): **${wrong.length}**`,
    '',
    ...wrong.map(({ model, type, faults }) => `- ${model} on ${type}: ${faults.join(', ')}`),
    `Of ${examples.length} examples that upstream publishes ${refused.length} are refused; all of these are for several nodes:`,
    '',
    ...refused.map(({ model, type, refused: by }) => `- ${model} on ${type}: ${by.join(', ')}`),
    '',
    'A pair is a live preset on a live type with GPUs of NVIDIA, served as it is by default. The engine is asked with the arguments',
    'that the plan gives it: heads, widths and vocabulary over the GPUs, number format, the least capability of the quantisation and of',
    'sparse attention, machine code. Memory is the rules’ own estimate (docs/memory.md); no GPU is asked.',
  ])
  return wrong.length === 0 && refused.length === UPSTREAM_ON_SEVERAL_NODES.length
}

const ROWS: readonly (readonly [string, (pair: Pair) => boolean])[] = [
  ['pairs', () => true],
  ['admitted', ({ refused }) => refused.length === 0],
  [
    'of these, with a shorter context',
    ({ refused, warned }) => refused.length === 0 && warned.includes('memory.short-context'),
  ],
  ['of these, with GPUs that are idle, and said to be', ({ refused, idle }) => refused.length === 0 && idle > 0],
  ['refused for memory', ({ refused }) => refused.includes('memory.too-small')],
  ['refused for the GPU', ({ refused }) => refused.includes('inference.capability')],
  ['the engine would refuse', ({ faults }) => faults.length > 0],
]

const counted = (pairs: readonly Pair[], is: (pair: Pair) => boolean) => {
  const found = pairs.filter(is)
  return [...CLOUDS.map((cloud) => found.filter((pair) => pair.cloud === cloud).length), found.length]
}

function examplePair([model, type]: readonly [string, string]): Pair {
  const preset = findPreset(builtInCatalog, model)
  const sku = builtInCatalog.skus.find(({ name }) => name === type)
  if (preset === undefined || sku === undefined) throw new Error(`${model} on ${type}`)
  return pairOf(preset, sku)
}
