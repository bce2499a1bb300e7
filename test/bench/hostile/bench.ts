import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { saveReport } from '../measure/report-file.ts'
import { startProduct } from '../product/product.ts'
import { largeObjects } from '../scale/large-objects.ts'
import { archiveAttacks } from './archives.ts'
import { forgedReviews } from './forged.ts'
import { gatewayAttacks } from './gateway.ts'
import { gatewayProcess, webhookProcess } from './processes.ts'
import type { Tally } from './tally.ts'
import { urlAttacks } from './urls.ts'
import { webhookAttacks } from './webhook.ts'

/**
 * Replays attacks against the product's own processes, each within the memory that it is given in a cluster. Flags:
 * --large 200, --ordinary 2000. True when nothing was lost.
 */
export async function hostileBench(args: readonly string[]): Promise<boolean> {
  const sizes = numberFlags(args, { large: 200, ordinary: 2_000 })
  const before = loadavg()
  const tallies = [await urlAttacks(), await archiveAttacks()]
  const gateway = await gatewayProcess()
  tallies.push(...(await gatewayAttacks(gateway)))
  await gateway.stop()
  const product = await startProduct({})
  const webhook = await product.start('webhook')
  await product.register(webhook)
  const target = webhookProcess(product, webhook)
  tallies.push(await forgedReviews(target), ...(await webhookAttacks(target)))
  await webhook.stop()
  await product.stop()
  if (sizes.large > 0) {
    const { large, lost, measured } = await largeObjects(sizes)
    tallies.push({ attack: 'Workspaces of 1.4 MB', tried: large, lost, measured: measured.join('; ') })
  }
  const losses = tallies.flatMap(({ attack, lost }: Tally) => lost.slice(0, 10).map((one) => `- ${attack}: ${one}`))
  saveReport('hostile', 'Attacks', [
    ...machineLines(before),
    `- memory is held by ${webhook.container.by}`,
    '',
    '| attack | tried | held | lost | |',
    '| --- | --- | --- | --- | --- |',
    ...tallies.map(row),
    '',
    'Datasets are fetched by the step itself, with a resolver that leads every name to a server on this machine; lost is what',
    'connects to it. The gateway stands before an engine that notes what reaches it. Gateway, webhook and reconciler run as',
    'processes of their own, each in a container with the memory that it has in a cluster; before webhook and reconciler are a real',
    'kube-apiserver, etcd and Redis. Lost is what reached the engine, what a stranger learnt, an admission that the API server did',
    'not get, an answer that another client did not get, a process that ended, or more memory than the container has.',
    ...(losses.length > 0 ? ['', ...losses] : []),
  ])
  return losses.length === 0
}

const row = ({ attack, tried, lost, measured = '' }: Tally) =>
  `| ${attack} | ${tried} | ${tried - Math.min(tried, lost.length)} | **${lost.length}** | ${measured} |`
