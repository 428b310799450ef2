import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { fuzzLiars } from './liars.ts'
import { linesOf } from './report.ts'

/**
 * `npm run fuzz -- --runs N --seed S`: deliveries of every source, changed at random, signed as their senders would, or not.
 * With `--liars`, one happening is told several times by senders who may, each time with something else in it.
 * Ends with 0 if no promise was broken; else with the smallest delivery that broke one.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    liars: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
})
const [runs = 0, seed = Number.NaN] = [values.runs, values.seed].map(Number)
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isInteger(seed) || Math.abs(seed) >= 2 ** 31) {
  throw new Error('--runs takes a whole number from 1, --seed one of 32 bits')
}

const begunAt = performance.now()
const report = await (values.liars ? fuzzLiars : fuzz)({ runs, seed })
for (const line of linesOf(report, { seed, seconds: (performance.now() - begunAt) / 1000 })) console.log(line)
process.exitCode = report.violation ? 1 : 0
