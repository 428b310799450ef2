import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { reportDetection } from './reports/detection.ts'
import { reportFleet } from './reports/fleet.ts'
import { runMutants } from './reports/mutants.ts'
import { replay } from './reports/replay.ts'
import { type Mode, runWorlds } from './reports/worlds.ts'
import { CONTENTION } from './story/contention.ts'

/**
 * `npm run simulate -- --runs N --seed S [--jobs J]` simulates worlds until N runs have lived in them.
 * `--seed S --replay` tells the world of one seed step by step. `--mutants` switches one guard off after the other,
 * with `--only TEXT` those whose names have the text.
 * `--contention` makes worlds of thousands of requests for one instance and one cluster; it goes with both of the former.
 * `--home aws` or `--home sqlite` says where records and queues are in all worlds; else every sixth seed is on SQLite.
 * `--detection` measures how soon the end of work is told, `--fleet` the same, and the queues, of a thousand runs.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    jobs: { type: 'string', default: String(availableParallelism()) },
    replay: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    contention: { type: 'boolean', default: false },
    detection: { type: 'boolean', default: false },
    fleet: { type: 'boolean', default: false },
    home: { type: 'string' },
    only: { type: 'string' },
  },
})
const number = (name: 'runs' | 'seed' | 'jobs', least: number): number => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${name} takes a whole number from ${least}, not ${JSON.stringify(values[name])}`)
}
const [seed, runs, jobs] = [number('seed', 0), number('runs', 1), number('jobs', 1)]
process.exitCode = (await does()) ? 0 : 1

function does(): Promise<boolean> {
  const { contention, home } = values
  if (home !== undefined && home !== 'aws' && home !== 'sqlite')
    throw new Error(`--home takes aws or sqlite, not ${home}`)
  const mode: Mode = {
    kind: { ...(contention ? CONTENTION : {}), home },
    flag: `${contention ? ' --contention' : ''}${home ? ` --home ${home}` : ''}`,
  }
  if (values.mutants) return runMutants(seed, jobs, values.only)
  if (values.detection) return reportDetection(seed, jobs)
  if (values.fleet) return reportFleet(seed, jobs)
  return values.replay ? replay(seed, mode.kind) : runWorlds(seed, runs, jobs, mode)
}
