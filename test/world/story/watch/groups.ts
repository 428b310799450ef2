import { readFileSync } from 'node:fs'
import { guardsOf } from '../../../../lib/rules/guards.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import { stormsOf } from '../../../../lib/runs/guards/storm.ts'
import { groupsOf } from '../../../../lib/runs/guards/subject.ts'
import type { Run } from '../../../../lib/runs/run.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import type { Doors } from '../doors.ts'
import { didClocksStep, resourceOf } from '../excuses.ts'
import { RULES_FILE } from '../handlers.ts'
import { runsOf } from '../verdict.ts'
import { listen } from './listen.ts'

const { groups: GROUPS } = guardsOf(parseRules(readFileSync(RULES_FILE, 'utf8'), RULES_FILE))

/** The bounds of groups, and storms. */
export interface Groups {
  violations(doors: Doors): Violation[]
}

const AT_WORK = ['submitting', 'tracking', 'verifying']

/** Counts the runs of each group that are sent and have not ended, in each moment in which one is sent. */
export function watchGroups(sim: Sim): Groups {
  /** Group -> the runs that its bound holds for. */
  const atWork = new Map<string, Set<string>>()
  const exceeded: Violation[] = []
  const note = (run: Run): void => {
    for (const [name, { maxAtOnce = Number.POSITIVE_INFINITY }] of groupsOf(resourceOf(run), GROUPS)) {
      const runs = atWork.get(name) ?? new Set()
      atWork.set(name, runs)
      if (!AT_WORK.includes(run.state)) {
        runs.delete(run.id)
        continue
      }
      runs.add(run.id)
      if (runs.size <= maxAtOnce) continue
      const seen = `${runs.size} of ${maxAtOnce} at once in ${name}`
      exceeded.push({ property: 'a group is not exceeded', seen, runs: [...runs] })
    }
  }
  listen(sim.witness, {
    written: (_, after) => {
      const run = after as unknown as Run | undefined // as our own store wrote it
      // People's runs do not wait.
      if (run?.kind === 'run' && run.source.kind !== 'http') note(run)
    },
  })
  return { violations: (doors) => [...exceeded.slice(0, 1), ...tooManyInStorm(sim), ...untoldStorms(sim, doors)] }
}

/** An alarm is counted, and its run is accepted after that; a worker may be slow in between. */
const SLOW_MS = 90_000

/** No more resources than begin a storm get a run by alarms within its window. */
function tooManyInStorm(sim: Sim): Violation[] {
  if (sim.faults.counts['host clock is minutes off'] || didClocksStep(sim)) return []
  const runs = runsOf(sim).filter(({ source }) => source.kind === 'alarm')
  return Object.keys(GROUPS).flatMap((name) => {
    const found = runs.map((run) => ({
      run,
      at: Date.parse(run.createdAt),
      storm: stormsOf(groupsOf(resourceOf(run), GROUPS)).find(([one]) => one === name)?.[1],
    }))
    for (const { at, storm } of found) {
      if (!storm) continue
      const within = found.filter((one) => one.storm && one.at >= at && one.at < at + storm.withinMs - SLOW_MS)
      const resources = new Set(within.map(({ run }) => resourceOf(run)))
      if (resources.size <= storm.resources) continue
      const seen = `${resources.size} resources in ${name} within ${(storm.withinMs - SLOW_MS) / 1000} s`
      return [{ property: 'a storm stops alarms', seen, runs: within.map(({ run }) => run.id) }]
    }
    return []
  })
}

/** Whoever is turned away by a storm: people know of it. */
function untoldStorms({ topic }: Sim, { answers }: Doors): Violation[] {
  const told = new Set(topic.deliveries.map(({ id }) => id))
  const said = [...answers.values()]
    .flat()
    .flatMap(({ body }) => [...body.matchAll(/storm in group (\S+) since (\S+):/g)])
  const missing = said.find(([, name, since]) => !told.has(`group/${name}/storm.began/${since}`))
  return missing ? [{ property: 'a storm is told', seen: missing[0], runs: [] }] : []
}
