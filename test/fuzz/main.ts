import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { linesOf } from './report.ts'

/**
 * `npm run fuzz -- --runs N --seed S`: deliveries of every source, changed at random, signed as their senders would, or not.
 * Ends with 0 if no promise was broken; else with the smallest delivery that broke one.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
})
const [runs = 0, seed = Number.NaN] = [values.runs, values.seed].map(Number)
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isInteger(seed) || Math.abs(seed) >= 2 ** 31) {
  throw new Error('--runs takes a whole number from 1, --seed one of 32 bits')
}

const begunAt = performance.now()
const report = await fuzz({ runs, seed })
for (const line of linesOf(report, { seed, seconds: (performance.now() - begunAt) / 1000 })) console.log(line)
process.exitCode = report.violation ? 1 : 0
