import { ANNOTATION } from '#src/api/labels.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { perGpuGiB } from '#src/estimate/fit.ts'
import { type Complaint, invalid } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import { cheapestFor, type Need, needOn, ownNeed, purpose, wanted } from '#src/reading/memory-need.ts'
import { rule } from './rule.ts'

const PATH = 'resource.instanceType'

export const memoryRules = [
  rule({
    id: 'memory.too-small',
    about:
      'The GPU holds at least the weights and the least that is needed beside them; the annotation kaito.sh/bypass-resource-checks turns this refusal into a warning.',
    level: 'error',
    reads: ['configMaps'],
    check: (workspace, facts) => (isBypassed(workspace) ? [] : tooSmall(workspace, facts)),
  }),

  rule({
    id: 'memory.bypassed',
    about: 'With kaito.sh/bypass-resource-checks a GPU that is too small is admitted, and said to be so.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => (isBypassed(workspace) ? tooSmall(workspace, facts) : []),
  }),

  rule({
    id: 'memory.tight-tuning',
    about: 'A GPU that is larger than the least and smaller than the safe estimate may run out of memory.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) =>
      tight(workspace, facts, (need, name) => {
        if (need.kind !== 'tuning') return []
        const { mid, high, parts } = need.estimate
        // Two lines: kubectl shows 256 characters of each.
        return [
          invalid(PATH, name, `${gib(need.haveGiB)} may be too little: ${gib(mid)} expected, ${gib(high)} safe`, {
            fix: larger(workspace, facts),
          }),
          invalid(PATH, name, `the estimate is ${breakdownText(parts)}`),
        ]
      }),
  }),

  rule({
    id: 'memory.short-context',
    about:
      'A GPU that holds the model but not its whole context serves a shorter one: the server is told the length that fits.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) =>
      tight(workspace, facts, (need, name) => {
        if (need.kind !== 'inference') return []
        const { contextLength } = need.estimate
        const room = `${gib(need.haveGiB)} hold ${need.tokens} of ${contextLength} tokens of context`
        const then = need.asked ? 'the server may refuse to start' : `the server gets --max-model-len=${need.tokens}`
        return [invalid(PATH, name, `${room}: ${then}`, { fix: larger(workspace, facts) })]
      }),
  }),

  rule({
    id: 'memory.adapters',
    about: 'Adapters take GPU memory, too: when it is they that make it tight, they are named.',
    level: 'warning',
    reads: ['configMaps'],
    check: (workspace, facts) => {
      const { inference } = workspace
      const count = inference?.adapters?.length ?? 0
      const own = ownNeed(workspace, facts)
      if (!inference || count === 0 || own?.need.kind !== 'inference' || own.need.fit === 'ok') return []
      const { adapters: _, ...alone } = inference
      if (needOn({ ...workspace, inference: alone }, facts, own.sku)?.fit !== 'ok') return []
      const after = own.need
      const taken = after.estimate.parts.find((part) => part.name === 'adapters')?.gib ?? 0
      return [
        invalid('inference.adapters', count, `${count} adapters take ${gib(taken)}, which the context would need`, {
          fix: 'use fewer adapters, or lower max-lora-rank in inference.config',
        }),
      ]
    },
  }),
]

const isBypassed = ({ metadata }: Workspace) => metadata?.annotations?.[ANNOTATION.bypassResourceChecks] !== undefined

function tooSmall(workspace: Workspace, facts: Facts): Complaint[] {
  const own = ownNeed(workspace, facts)
  if (own?.need.fit !== 'deny') return []
  const { sku, need } = own
  const { low, parts } = need.estimate
  const usual =
    need.kind === 'tuning'
      ? `usually ${breakdownText(parts)}`
      : `${breakdownText(parts.slice(0, -1))}, a short context, and what vLLM leaves free`
  const detail = `${purpose(workspace)} needs at least ${gib(low)} per GPU (${usual}), its ${sku.gpuModel} has ${gib(need.haveGiB)}`
  return [invalid(PATH, sku.name, detail, { fix: larger(workspace, facts) })]
}

function tight(workspace: Workspace, facts: Facts, say: (need: Need, name: string) => Complaint[]): Complaint[] {
  const own = ownNeed(workspace, facts)
  return own?.need.fit === 'warn' ? say(own.need, own.sku.name) : []
}

/** `use Standard_X, the cheapest that fits (80.0 GiB per GPU, $3.67/h)`. */
function larger(workspace: Workspace, facts: Facts): string {
  const better = cheapestFor(workspace, facts)
  if (!better) return `no single instance of ${facts.policy.cloud} holds it: choose a smaller model`
  const { sku, need } = better
  const price = sku.price ? `, $${sku.price.usdPerHour.toFixed(2)}/h` : ''
  const fits =
    need.fit === 'ok' ? 'the cheapest that fits' : `the cheapest that runs it (${gib(wanted(need))} would be safe)`
  return `use ${sku.name}, ${fits} (${gib(perGpuGiB(sku))} per GPU${price})`
}

const gib = (value: number) => `${value.toFixed(1)} GiB`
