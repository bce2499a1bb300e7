import { defineConfig } from 'vitest/config'
import { SlowestFirst } from './test/support/slowest-first.ts'

/** Integration test files at a time: they mostly wait, so that two cores carry three. */
const WORKERS = 3
const SEED = ['test/support/fixed-seed.ts']

/** Four layers, each runnable alone: `npx vitest run --project unit`. Only `unit` needs nothing outside this repository. */
// The regular-expression checker has native and pure builds; the pure one runs everywhere.
process.env['RECHECK_BACKEND'] ??= 'pure'

export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, setupFiles: SEED } },
      // The trainer's: its modules here, and with its libraries in its image, which takes minutes to build.
      {
        test: {
          name: 'python',
          include: ['test/python/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: SEED,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Nothing is shared: each file has servers, ports and folders of its own.
          maxWorkers: WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 3_000_000,
          hookTimeout: 3_000_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
