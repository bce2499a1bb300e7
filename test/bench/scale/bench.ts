import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { startProduct } from '../product/product.ts'
import { largeObjects } from './large-objects.ts'
import { startPopulation } from './population.ts'
import { writeReport } from './report.ts'
import { starvedAdmission } from './starved.ts'
import { growTo, type Step } from './steps.ts'

const SIZES = [2_220, 5_000, 10_000]

/**
 * Thousands of Workspaces before the operator, each role within the memory that the chart gives it. Flags: --most 10000
 * Workspaces, --large 200 of 1.4 MB beside --ordinary 2000, --creates 1500 while --burners 10 take the CPU. True when
 * everything stayed within its limits.
 */
export async function scaleBench(args: readonly string[]): Promise<boolean> {
  const flags = numberFlags(args, { most: 10_000, large: 200, ordinary: 2_000, creates: 1_500, burners: 10 })
  const before = loadavg()
  const steps: Step[] = []
  const product = await startProduct({ nodeProvisioner: 'byo' })
  const lost: string[] = []
  try {
    const population = await startPopulation(product)
    let running = await product.start('reconciler')
    const probe = { next: 0 }
    for (const size of SIZES.map((one) => Math.min(one, flags.most)).filter(
      (one, at, all) => one > 0 && all.indexOf(one) === at,
    )) {
      const grown = await growTo(size, { product, population, running }, probe)
      running = grown.running
      steps.push(grown.step)
      console.log(JSON.stringify(grown.step, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value)))
    }
    await running.stop()
  } catch (error) {
    lost.push(String(error).slice(0, 1_000))
  }
  const starved = flags.creates > 0 ? await starvedAdmission(product, flags.creates, flags.burners) : undefined
  if (starved !== undefined) console.log(JSON.stringify({ ...starved, failures: starved.failures.slice(0, 5) }))
  await product.stop()
  const large = flags.large > 0 ? await largeObjects(flags) : undefined
  return writeReport({ machine: machineLines(before), steps, starved, large, lost })
}
