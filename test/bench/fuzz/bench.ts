import { numberFlags } from '../flags.ts'
import { loadavg, machineLines } from '../measure/machine.ts'
import { runCampaign, SLOW_MS } from './campaign.ts'

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
  console.log(machineLines(loadBefore).join('\n'))
  const { cases, reviews, seconds, outcomes, worstMs, problems } = result
  console.log(
    `${reviews} reviews of ${cases} generated objects in ${seconds.toFixed(0)} s: ${JSON.stringify(outcomes)}`,
  )
  console.log(`slowest answer: ${worstMs.toFixed(1)} ms of CPU (at most ${SLOW_MS} wanted)`)
  console.log(`promises broken: ${problems.length}`)
  for (const problem of problems) console.error(problem)
  return problems.length === 0
}
