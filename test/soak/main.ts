import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { reportOf } from './report.ts'
import { soak } from './soak.ts'

/**
 * `npm run soak -- --runs N --kills K --seed S`: the product as one process on this machine, killed at random while it
 * works for clouds in another process, which count. Ends with 0 if no run was lost, written twice or left untold.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    kills: { type: 'string', default: '25' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [runs = 0, kills = -1, seed = Number.NaN] = [values.runs, values.kills, values.seed].map(Number)
if (
  !Number.isSafeInteger(runs) ||
  runs < 1 ||
  !Number.isSafeInteger(kills) ||
  kills < 0 ||
  !Number.isSafeInteger(seed)
) {
  throw new Error('--runs takes a whole number from 1, --kills one from 0, --seed a whole number')
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-soak-'))
const begunAt = Date.now()
const secondsGone = (): number => (Date.now() - begunAt) / 1000
const say = (text: string): void => console.log(`${secondsGone().toFixed(0).padStart(5)} s  ${text}`)
say(`seed ${seed}: ${runs} runs, ${kills} kills; data in ${dataDir}`)
const { lines, ok } = reportOf(await soak({ runs, kills, seed, dataDir, say }), secondsGone(), seed)
if (ok) rmSync(dataDir, { recursive: true, force: true })
for (const line of lines) console.log(line)
process.exitCode = ok ? 0 : 1
