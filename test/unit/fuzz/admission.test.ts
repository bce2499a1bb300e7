import { describe, expect, it } from 'vitest'
import { runCampaign, SLOW_MS } from '#test/bench/fuzz/campaign.ts'

describe('admission of anything at all', () => {
  it('answers every review soon, defaults once and for all, and spoils nothing by it', async () => {
    const seed = Date.now() % 1e9
    const { reviews, outcomes, worstMs, problems } = await runCampaign({ reviews: 2_000, seconds: 45, seed })
    console.log(`seed ${seed}: ${reviews} reviews, slowest ${worstMs.toFixed(1)} ms, ${JSON.stringify(outcomes)}`)
    expect(problems).toEqual([])
    expect(worstMs).toBeLessThanOrEqual(SLOW_MS)
    for (const count of Object.values({ ...outcomes, 'failed closed': 1 })) expect(count).toBeGreaterThan(0)
    expect(reviews).toBeGreaterThan(500)
  }, 60_000)
})
