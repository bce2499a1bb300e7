import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { saveReport } from '../measure/report-file.ts'
import { archiveAttacks } from './archives.ts'
import { gatewayAttacks } from './gateway.ts'
import { largeObjects } from './objects.ts'
import type { Tally } from './tally.ts'
import { urlAttacks } from './urls.ts'
import { webhookAttacks } from './webhook.ts'

/**
 * Replays attacks against the product's own processes, within the heap that Node takes of the chart's container. Flags:
 * --large 200, --ordinary 2000. True when nothing was lost.
 */
export async function hostileBench(args: readonly string[]): Promise<boolean> {
  const sizes = numberFlags(args, { large: 200, ordinary: 2_000 })
  const before = loadavg()
  const tallies = [
    await urlAttacks(),
    await archiveAttacks(),
    ...(await gatewayAttacks()),
    ...(await webhookAttacks()),
    await largeObjects(sizes),
  ]
  const rows = tallies.map(
    ({ attack, tried, lost, measured = '' }) =>
      `| ${attack} | ${tried} | ${tried - Math.min(tried, lost.length)} | **${lost.length}** | ${measured} |`,
  )
  const losses = tallies.flatMap(({ attack, lost }: Tally) => lost.slice(0, 10).map((one) => `- ${attack}: ${one}`))
  saveReport('hostile', 'Attacks', [
    ...machineLines(before),
    '',
    '| attack | tried | held | lost | |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'Datasets are fetched by the step itself, with a resolver that leads every name to a server on this machine; lost is what',
    'connects to it. The gateway stands before an engine that notes what reaches it. The webhook and the operator run as processes',
    'of their own with the heap that Node takes of a container of 512 MiB; the operator with a real kube-apiserver, etcd and Redis.',
    'Lost is an admission that the API server did not get, a process that ended, or more memory than the container has.',
    ...(losses.length > 0 ? ['', ...losses] : []),
  ])
  return losses.length === 0
}
