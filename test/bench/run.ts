import { admissionBench } from './admission/bench.ts'
import { fitBench } from './fit/bench.ts'
import { fuzzBench } from './fuzz/bench.ts'
import { hostileBench } from './hostile/bench.ts'
import { rotationBench } from './rotation/bench.ts'
import { scaleBench } from './scale/bench.ts'

/** `npm run bench -- <name> [--flag value …]`. Each prints its report and writes it to docs/bench. */
const BENCHES = {
  admission: admissionBench,
  fit: fitBench,
  fuzz: fuzzBench,
  hostile: hostileBench,
  rotation: rotationBench,
  scale: scaleBench,
}

const [name = '', ...args] = process.argv.slice(2)
if (!isBench(name)) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--flag value …]`)
  process.exit(64)
}
const started = performance.now()
const isGood = await BENCHES[name](args)
console.log(`\n${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exit(isGood ? 0 : 1)

function isBench(text: string): text is keyof typeof BENCHES {
  return Object.hasOwn(BENCHES, text)
}
