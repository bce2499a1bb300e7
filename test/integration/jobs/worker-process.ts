import { workerConnection } from '#jobs/redis.ts'
import { startWorker } from '#jobs/worker.ts'

/** A worker that takes a task, says so, and never ends it: for tests that kill it. Usage: node worker-process.ts <redis url> */
startWorker({
  connection: workerConnection(process.argv[2] ?? '', () => {}),
  concurrency: 1,
  onFailure: () => {},
  process: (task) => {
    process.stdout.write(`took ${task.revision}\n`)
    return new Promise(() => {})
  },
})
