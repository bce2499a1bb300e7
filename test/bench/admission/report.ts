import { saveReport } from '../measure/report-file.ts'
import { median, spread } from '../measure/statistics.ts'
import { MODES, type Mode, type ModeResult } from './behind.ts'
import { type Cell, CONNECTIONS, type Contestant } from './direct.ts'
import { type ReviewName, review, WORKSPACES } from './reviews.ts'

export interface Results {
  readonly machine: readonly string[]
  readonly options: { readonly rounds: number; readonly seconds: number; readonly creates: number }
  readonly cells: readonly Cell[]
  readonly behind: ReadonlyMap<Mode, ModeResult>
  readonly memoryDirect: ReadonlyMap<Contestant['name'], number>
  readonly memory: ReadonlyMap<Contestant['name'], number>
}

interface Target {
  readonly what: string
  readonly wanted: string
  readonly got: string
  readonly isMet: boolean
}

/** Writes docs/bench/admission.md, prints it, and says whether every target was met. */
export function writeReport(results: Results): boolean {
  const targets = targetsOf(results)
  saveReport('admission', 'Admission: this webhook beside a bare echo', [
    ...results.machine,
    `- ${results.options.rounds} interleaved rounds; ${results.options.seconds} s per cell asked directly; ${results.options.creates} creates per mode through the API server`,
    '',
    '## Targets',
    '',
    ...table(
      ['target', 'wanted', 'measured', ''],
      targets.map(({ what, wanted, got, isMet }) => [what, wanted, got, isMet ? 'met' : '**missed**']),
    ),
    '',
    ...directLines(results),
    '',
    ...behindLines(results),
    '',
    ...REMARKS,
  ])
  return targets.every(({ isMet }) => isMet)
}

function targetsOf({ cells, behind, memory }: Results): Target[] {
  const bodies = Object.keys(WORKSPACES) as ReviewName[]
  const atLeast = (what: string, wanted: number, ratios: readonly number[]): Target => ({
    what,
    wanted: `>= ${wanted.toFixed(2)}`,
    got: spread(ratios, 2),
    isMet: median(ratios) >= wanted,
  })
  const none = behind.get('none')?.perSecond ?? []
  const share = (mode: Mode) => ratios(behind.get(mode)?.perSecond ?? [], none)
  const rss = memory.get('webhook') ?? Number.NaN
  return [
    ...bodies.flatMap((body) =>
      CONNECTIONS.map((connections) =>
        atLeast(
          `requests/s, ${body}, ${connections} connections: webhook / echo`,
          0.7,
          ratiosOf(cells, body, connections),
        ),
      ),
    ),
    atLeast('creates/s: validate / none', 0.75, share('validate')),
    atLeast('creates/s: validate + default / none', 0.6, share('validate + default')),
    { what: 'memory at its highest, MiB', wanted: '<= 150', got: rss.toFixed(0), isMet: rss <= 150 },
  ]
}

const ratios = (values: readonly number[], others: readonly number[]) =>
  values.map((value, round) => value / (others[round] ?? Number.NaN))

function ratiosOf(cells: readonly Cell[], body: ReviewName, connections: number): number[] {
  const of = (contestant: Contestant['name']) =>
    cells.find((cell) => cell.contestant === contestant && cell.body === body && cell.connections === connections)
  return ratios(of('webhook')?.perSecond ?? [], of('echo')?.perSecond ?? [])
}

function directLines({ cells, memoryDirect }: Results): string[] {
  const memory = [...memoryDirect].map(([name, mib]) => `${name} ${mib.toFixed(0)} MiB`).join(', ')
  const cpu = (name: Contestant['name'], body: ReviewName) =>
    median(cells.find((one) => one.contestant === name && one.body === body && one.connections === 32)?.cpuUs ?? [])
  const added = (Object.keys(WORKSPACES) as ReviewName[]).map(
    (body) => `${body} ${(cpu('webhook', body) - cpu('echo', body)).toFixed(0)} µs`,
  )
  const sizes = (Object.keys(WORKSPACES) as ReviewName[]).map((name) => `${name} ${review(name).length} bytes`)
  return [
    '## Asked directly',
    '',
    `TLS 1.3, HTTP/1.1, P-256, keep-alive, closed loop; server on core 0, generator on core 1. Reviews: ${sizes.join(', ')}.`,
    `Median (min-max) of the rounds. Memory at its highest in this part: ${memory}.`,
    `CPU that the webhook adds to what the echo uses, at 32 connections: ${added.join(', ')}.`,
    '',
    ...table(
      ['review', 'connections', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request'],
      cells.map((cell) => [
        cell.body,
        String(cell.connections),
        cell.contestant,
        spread(cell.perSecond),
        spread(cell.p50, 2),
        spread(cell.p99, 2),
        spread(cell.cpuUs),
      ]),
    ),
  ]
}

function behindLines({ behind }: Results): string[] {
  const none = behind.get('none')?.perSecond ?? []
  return [
    '## Behind a real API server',
    '',
    'kube-apiserver and etcd on the same machine, 16 creates at a time, half of them tuning, half inference. CPU is that of the',
    'webhook process per create. `echo` has the bare echo registered as the validating webhook: what any webhook costs.',
    '',
    ...table(
      ['webhooks', 'creates/s', 'of none', 'p50 ms', 'p99 ms', 'CPU µs/create'],
      MODES.map((mode) => {
        const result = behind.get(mode) ?? { perSecond: [], p50: [], p99: [], cpuUs: [] }
        const share = spread(ratios(result.perSecond, none), 2)
        return [
          mode,
          spread(result.perSecond),
          share,
          spread(result.p50, 1),
          spread(result.p99, 1),
          mode === 'none' ? '' : spread(result.cpuUs),
        ]
      }),
    ),
  ]
}

/** A Markdown table. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

const REMARKS = [
  '## How to read it',
  '',
  '- The webhook is the real one: all rules, look-ups in the API server, metrics for each answer, a log line for each refusal.',
  '  The echo parses the JSON and says yes: no rules, no guards, no log. It is the ceiling of this stack, not another product.',
  '- Both run with the options and the compile cache of the operator image, and see the API server as a pod does.',
  '- The generator never sleeps: to wake it would be work of the slower server only.',
  '- The tuning review names a ConfigMap and a Secret. Both are read from the API server, at most once a second each; the',
  '  ConfigMap is parsed again only when its text has changed. A dry run and a refusal always go by what is there now.',
  '- Ratios are formed within a round and then the median is taken. Absolute figures move with whatever else the machine does',
  '  (see the load averages); CPU per request moves least.',
  "- At saturation the direct ratio is the ratio of CPU per request. The echo's is nearly all TLS and HTTP, so every",
  '  microsecond of rules, guards and logging counts in full; behind the API server, which spends milliseconds, it hardly does.',
  '- A closed loop hides queueing: p99 here is that of a generator that waits for its answers.',
]
