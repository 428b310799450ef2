import { check, type Facts, type Violations } from './check.ts'
import { durations, memory, outages, type Spread, standstills, startTimes } from './figures.ts'
import { OPERATIONS } from './operations.ts'
import { resourceOf } from './runs.ts'

/** Everything that is worth knowing, the summary last. */
export function reportOf(facts: Facts, seconds: number, seed: number): { lines: string[]; ok: boolean } {
  const violations = check(facts)
  const { runs, outcomes, lives, sent, tally } = facts
  const tellings = [...outcomes.told.values()].reduce((sum, states) => sum + states.length, 0)
  const kills = lives.filter(({ killedAt }) => killedAt !== undefined)
  const count = (of: keyof Violations): number => violations[of].length
  const resident = memory(facts)
  const ok = Object.values(violations).every((all) => all.length === 0)
  const lines = [
    ...Object.entries(violations).flatMap(([promise, all]) => all.map((seen) => `VIOLATED ${promise}: ${seen}`)),
    ...unknownLines(facts),
    ...table(
      'runs',
      countedBy(runs, ({ state }) => state),
    ),
    ...table(
      'runs for one resource',
      countedBy(met(facts), ({ state }) => state),
    ),
    ...table(
      'wishes by door',
      countedBy(sent, ({ wish }) => wish.door),
    ),
    ...table(
      'effective writes',
      countedBy(tally.works, ({ kind }) => kind),
    ),
    ...table('requests that the clouds saw', new Map(Object.entries(tally.requests))),
    '',
    spreadLine('from start to listening', startTimes(facts)),
    spreadLine('from kill to listening', outages(facts)),
    spreadLine("from kill to a run's next step", standstills(facts, 'all')),
    spreadLine('the same, last kill alone', standstills(facts, 'last')),
    spreadLine('from acceptance to end', durations(facts)),
    '',
    `sent again because nothing was heard: ${sum(sent.map(({ unheard }) => unheard))}`,
    `told: ${tellings}, of them repeats ${tellings - outcomes.told.size}; of other things ${outcomes.others.length}`,
    `kills while starting: ${kills.filter(({ listenedAt }) => listenedAt === undefined).length} of ${kills.length}`,
    `memory when it was killed: median ${resident.median.toFixed(0)} MB, most ${resident.most.toFixed(0)} MB`,
    '',
    [
      `seed ${seed}: runs ${runs.length}`,
      `kills ${kills.length}`,
      `unknown ${runs.filter(({ state }) => state === 'unknown').length}`,
      `lost ${count('lost')}`,
      `written twice ${count('twice')}`,
      `untold ${count('untold')}`,
      `stray ${count('stray')}`,
      `bad starts ${count('startup')}`,
      `damages of the database ${count('database')}`,
      `${Math.round(seconds)} s: ${ok ? 'all holds' : 'VIOLATED'}`,
    ].join(', '),
  ]
  return { lines, ok }
}

/** An end that is allowed, but worth a look: was it written or not? */
function unknownLines({ runs, tally }: Facts): string[] {
  return runs
    .filter(({ state }) => state === 'unknown')
    .map((run) => {
      const work = OPERATIONS.find(({ operation }) => operation === run.operation)?.work
      const of = tally.works.filter(({ resource, kind }) => resource === resourceOf(run) && kind === work)
      return `unknown: ${run.id} ${run.operation}, written ${of.length}`
    })
}

function met({ runs, sent }: Facts): Facts['runs'] {
  const meeting = new Set(sent.filter(({ wish }) => wish.meets).flatMap(({ ids }) => [...ids]))
  return runs.filter(({ id }) => meeting.has(id))
}

function countedBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, number> {
  return new Map([...Map.groupBy(all, keyOf)].map(([key, of]) => [key, of.length]))
}

function table(title: string, counts: Map<string, number>): string[] {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return ['', title, ...rows.map(([key, count]) => `${String(count).padStart(8)}  ${key}`)]
}

function spreadLine(title: string, { count, median, p95, most }: Spread): string {
  const [middle, high, top] = [median, p95, most].map((seconds) => seconds.toFixed(1))
  return `${title}: median ${middle} s, 95 % ${high} s, most ${top} s (of ${count})`
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
