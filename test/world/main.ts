import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { runMutants } from './reports/mutants.ts'
import { replay } from './reports/replay.ts'
import { runWorlds } from './reports/worlds.ts'

/**
 * `npm run simulate -- --runs N --seed S [--jobs J]` simulates worlds until N runs have lived in them.
 * `--seed S --replay` tells the world of one seed step by step. `--mutants` switches one guard off after the other.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    jobs: { type: 'string', default: String(availableParallelism()) },
    replay: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
  },
})
const number = (name: 'runs' | 'seed' | 'jobs', least: number): number => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${name} takes a whole number from ${least}, not ${JSON.stringify(values[name])}`)
}
const [seed, runs, jobs] = [number('seed', 0), number('runs', 1), number('jobs', 1)]
const isGood = values.mutants
  ? await runMutants(seed, jobs)
  : await (values.replay ? replay(seed) : runWorlds(seed, runs, jobs))
process.exitCode = isGood ? 0 : 1
