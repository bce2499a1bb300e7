import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { runCampaign } from './campaign.ts'
import { writeReport } from './report.ts'

/** Generated reviews, bytes to bytes. Flags: --reviews 1000000, --seconds 480 (whichever comes first), --seed. */
export async function fuzzBench(args: readonly string[]): Promise<boolean> {
  const options = numberFlags(args, { reviews: 1_000_000, seconds: 480, seed: Date.now() % 1e9 })
  const loadBefore = loadavg()
  console.log(`seed ${options.seed}`)
  let told = 0
  const result = await runCampaign(options, (reviews) => {
    if (reviews - told < 100_000) return
    told = reviews
    console.log(`${reviews} reviews`)
  })
  writeReport(machineLines(loadBefore), options, result)
  return result.problems.length === 0
}
