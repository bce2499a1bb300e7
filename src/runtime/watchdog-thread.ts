import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { WATCHED, type WatchdogThreadData } from './watchdog.ts'

/** Which signal ends the process: that of a timer of CPU time, which nobody else sends. Seen as exit code 154 (128 + 26). */
const SIGNAL = 'SIGVTALRM'

if (parentPort === null) {
  process.stderr.write('this is a thread of the operator, and no program\n')
  process.exit(64)
}

const { shared, limitMs, lookMs, fields }: WatchdogThreadData = workerData
const numbers = new Int32Array(shared, 0, WATCHED.numbers)
const text = Buffer.from(shared, WATCHED.text)
const steps = new Map<number, string>()
parentPort.on('message', ({ step, number }: { step: string; number: number }) => steps.set(number, step))

let turn = 0
let spentBefore = 0
let seenAt = 0

setInterval(() => {
  const now = Atomics.load(numbers, WATCHED.turn)
  const spent = cpuMs()
  const isInWork = now % 2 !== 0
  if (!isInWork || now !== turn) {
    turn = now
    spentBefore = spent
    seenAt = performance.now()
    return
  }
  if (spent - spentBefore >= limitMs) end(spent - spentBefore)
}, lookMs)

parentPort.postMessage('looking')

/** What the process has computed, this thread left out. */
function cpuMs(): number {
  const all = process.cpuUsage()
  const own = process.threadCpuUsage()
  return (all.user + all.system - own.user - own.system) / 1000
}

function end(spentMs: number): void {
  say({
    level: 'fatal',
    workspace: text.toString('utf8', 0, Atomics.load(numbers, WATCHED.length)),
    rule: steps.get(Atomics.load(numbers, WATCHED.step)) ?? 'none yet',
    cpuMs: Math.round(spentMs),
    tookMs: Math.round(performance.now() - seenAt),
    msg: 'a rule does not return: ending the process, so that it starts afresh',
  })
  process.kill(process.pid, SIGNAL)
  setTimeout(() => {
    say({ level: 'fatal', msg: 'the process cannot end itself, as the first one of a container cannot' })
    process.kill(process.pid, 'SIGKILL')
  }, 1_000)
}

/** As the other thread logs. Written at once: this is the last line. */
function say({ level, ...line }: Readonly<Record<string, unknown>>): void {
  try {
    writeSync(1, `${JSON.stringify({ level, time: new Date().toISOString(), ...fields, ...line })}\n`)
  } catch {
    // Nobody reads the log, or not fast enough; ending is more urgent.
  }
}
