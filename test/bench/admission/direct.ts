import { type Child, startChild } from '../measure/child.ts'
import { cpuMs, peakRssMiB } from '../measure/process-cost.ts'
import type { LoadMessage, LoadResult } from './load.ts'
import { type ReviewName, review, WORKSPACES } from './reviews.ts'

export interface Contestant {
  readonly name: 'webhook' | 'echo'
  readonly child: Child
  readonly port: number
}

/** What one contestant did with one body over so many connections, a value for each round. */
export interface Cell {
  readonly contestant: Contestant['name']
  readonly body: ReviewName
  readonly connections: number
  readonly perSecond: number[]
  readonly p50: number[]
  readonly p99: number[]
  /** CPU time of the server's process per request, in µs. */
  readonly cpuUs: number[]
}

export const CONNECTIONS = [1, 8, 32] as const

/** Until the compiler has seen enough; the first second costs several times what every later one does. */
const WARM_UP_SECONDS = 3

export interface DirectOptions {
  readonly contestants: readonly Contestant[]
  readonly ca: string
  readonly rounds: number
  readonly seconds: number
}

/** The same bodies to all contestants in turn, round after round, so that what else the machine does hits them alike. */
export async function measureDirect({ contestants, ca, rounds, seconds }: DirectOptions): Promise<Cell[]> {
  const generator = startChild(new URL('./load.ts', import.meta.url), { core: 1 })
  const bodies = Object.keys(WORKSPACES) as ReviewName[]
  const send = async (contestant: Contestant, body: ReviewName, connections: number, duration: number) => {
    const message: LoadMessage = {
      port: contestant.port,
      ca,
      path: '/validate',
      body: review(body),
      connections,
      seconds: duration,
    }
    const result = await generator.ask<LoadResult>(message)
    if (result.failed > 0) throw new Error(`${contestant.name}: ${result.failed} answers were no 200`)
    return result
  }
  for (const contestant of contestants) for (const body of bodies) await send(contestant, body, 8, WARM_UP_SECONDS)

  const cells = new Map<string, Cell>()
  for (let round = 0; round < rounds; round++) {
    for (const body of bodies) {
      for (const connections of CONNECTIONS) {
        for (const contestant of contestants) {
          const cell = cellOf(cells, contestant.name, body, connections)
          const before = cpuMs(contestant.child.pid)
          const result = await send(contestant, body, connections, seconds)
          cell.cpuUs.push(((cpuMs(contestant.child.pid) - before) / result.done) * 1000)
          cell.perSecond.push(result.done / result.seconds)
          cell.p50.push(result.p50)
          cell.p99.push(result.p99)
        }
      }
    }
    console.log(`direct: round ${round + 1} of ${rounds}`)
  }
  generator.stop()
  return [...cells.values()]
}

/** MiB at the highest, by contestant. */
export const peakMemory = (contestants: readonly Contestant[]) =>
  new Map(contestants.map(({ name, child }) => [name, peakRssMiB(child.pid)]))

function cellOf(cells: Map<string, Cell>, contestant: Contestant['name'], body: ReviewName, connections: number): Cell {
  const key = `${contestant} ${body} ${connections}`
  const cell = cells.get(key) ?? { contestant, body, connections, perSecond: [], p50: [], p99: [], cpuUs: [] }
  cells.set(key, cell)
  return cell
}
