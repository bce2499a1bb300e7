import type { ImageFacts } from './facts.ts'
import { faultsOf, hasCodeFor } from './facts.ts'

export interface Report {
  readonly facts: ImageFacts
  readonly machine: readonly string[]
  /** Capabilities of the catalog's live NVIDIA types, and of those that are retired. */
  readonly offered: readonly number[]
  readonly retired: readonly number[]
  readonly gpus: ReadonlyMap<number, readonly string[]>
}

/** docs/gpu.md */
export function gpuPage({ facts, machine, offered, retired, gpus }: Report): string {
  const faults = faultsOf(facts, offered)
  const capabilities = [...retired, ...offered].sort((a, b) => a - b)
  const binaries = facts.binaries.map(({ library, file, sm, ptx }) => [
    library,
    `\`${file}\``,
    sm.join(' ') || '-',
    ptx.join(' ') || '-',
  ])
  const kernels = capabilities.map((capability) => [
    capability.toFixed(1),
    (gpus.get(capability) ?? []).join(', '),
    ...['bf16', 'fp16', 'fp32'].map((dtype) => kernelCell(facts, capability, dtype)),
    ...['torch', 'bitsandbytes', 'vllm'].map((library) => codeCell(facts, capability, library)),
    offered.includes(capability) ? 'yes' : 'with a warning: no longer sold',
  ])
  return [
    '# The GPU images, proven without a GPU',
    '',
    '<!-- Written by `npm run check:gpu-image`. Do not edit. -->',
    '',
    'What no GPU ran is asked of the code that decides. The image is built for CUDA, and its build loads the module that Triton would',
    'compile at its first kernel as a run loads it: without a compiler, and with a stub for the driver. The kernels of the loss are',
    'compiled to machine code for each GPU of the catalog, and the libraries are asked which GPUs they have machine code for.',
    '',
    `**Last run:** ${faults.length === 0 ? 'passed' : `${faults.length} fault${faults.length === 1 ? '' : 's'}`}`,
    '',
    ...machine,
    `- ${Object.entries(facts.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    '',
    ...(faults.length === 0 ? [] : [...faults.map((fault) => `- ${fault}`), '']),
    '## Each GPU of the catalog',
    '',
    'bf16, fp16, fp32: whether the four kernels of the loss (forward and backward, with and without a cap on logits) compile for that',
    'GPU in that number format, and how large they are together. Libraries: whether they have code that runs there. A GPU trains and',
    'serves with the images as they are where its whole row says yes.',
    '',
    ...table(['capability', 'GPUs', 'bf16', 'fp16', 'fp32', 'torch', 'bitsandbytes', 'vLLM', 'admitted'], kernels),
    '',
    '## Each binary',
    '',
    ...table(['library', 'file', 'machine code', 'portable code'], binaries),
    '',
    'Left out: kernels of one attention or one quantisation (flash attention 3, flashmla, qutlass), which vLLM chooses only where',
    'they run.',
    '',
    '## What only a GPU shows',
    '',
    'Memory at its peak, speed, numbers that overflow in 16 bits, and whether a driver is new enough for CUDA 13 (580 or newer).',
    '',
  ].join('\n')
}

function kernelCell(facts: ImageFacts, capability: number, dtype: string): string {
  const found = facts.kernels.filter((kernel) => kernel.capability === capability && kernel.dtype === dtype)
  if (found.length === 0) return '-'
  if (found.some(({ error }) => error !== undefined)) return '**no**'
  const bytes = found.reduce((sum, { bytes: size = 0 }) => sum + size, 0)
  return `yes (${Math.round(bytes / 1024)} KiB)`
}

function codeCell(facts: ImageFacts, capability: number, library: string): string {
  const found = facts.binaries.filter((binary) => binary.library === library)
  return found.length > 0 && found.every((binary) => hasCodeFor(binary, capability)) ? 'yes' : 'no'
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
}
