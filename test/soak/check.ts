import { OPERATIONS } from './operations.ts'
import type { Outcomes } from './outcomes.ts'
import type { Life } from './product.ts'
import { hasEnded, resourceOf, type SeenRun } from './runs.ts'
import type { Sent } from './sender.ts'
import type { Tally, Work } from './tally.ts'

/** All that the soak knows when it is over. */
export interface Facts {
  sent: Sent[]
  runs: SeenRun[]
  outcomes: Outcomes
  tally: Tally
  lives: Life[]
  /** What is wrong with the file of the database, after the last life. */
  damages: string[]
}

/** What does not hold, by promise. */
export type Violations = Record<'lost' | 'twice' | 'untold' | 'stray' | 'startup' | 'database', string[]>

/** Compares what was asked for with what the clouds, the database and the log say. Pure. */
export function check(facts: Facts): Violations {
  return {
    lost: lost(facts),
    twice: writtenTwice(facts),
    untold: untold(facts),
    stray: stray(facts),
    startup: facts.lives.flatMap(({ ended }, life) => (ended === undefined ? [] : [`life ${life + 1}: ${ended}`])),
    database: facts.damages,
  }
}

/** Every wish was taken on as one run, and every run has ended. */
function lost({ sent, runs }: Facts): string[] {
  const byId = new Map(runs.map((run) => [run.id, run]))
  const wishes = sent.flatMap(({ wish: { key, door, operation }, ids, refusals }) => {
    const subject = `${key} (${door}, ${operation})`
    if (refusals.length > 0) return [`${subject} was refused: ${refusals.join('; ')}`]
    if (ids.size !== 1) return [`${subject} has ${ids.size} runs: ${[...ids].join(', ')}`]
    return [...ids].filter((id) => !byId.has(id)).map((id) => `${subject} has no ${id}`)
  })
  return [...wishes, ...runs.filter((run) => !hasEnded(run)).map(({ id, state }) => `${id} is still ${state}`)]
}

/**
 * No run has more than one effective write, and one that succeeded has one. Where two wishes for the same work met, whose
 * write it was cannot be told; a run that joined another shares its write.
 */
function writtenTwice({ runs, tally }: Facts): string[] {
  const works = Map.groupBy(tally.works, ({ resource, kind }) => `${kind} of ${resource}`)
  const wanted = Map.groupBy(runs, (run) => `${workOf(run)} of ${resourceOf(run)}`)
  const perRun = [...wanted].flatMap(([what, of]) => {
    const written = works.get(what)?.length ?? 0
    const mayBe = `${what}: ${written} writes for ${of.map(({ id, state }) => `${id} (${state})`).join(', ')}`
    if (written > of.length) return [mayBe]
    return written === 0 && of.some(({ state }) => state === 'succeeded') ? [mayBe] : []
  })
  const unasked = [...works].filter(([what, [work]]) => !wanted.has(what) && !isFirstBackup(work, runs))
  const backups = [...works].filter(([what, all]) => what.startsWith(BACKUP) && all.length > 1)
  return [
    ...perRun,
    ...unasked.map(([what, all]) => `${what}: ${all.length} writes that no run asked for`),
    ...backups.map(([what, all]) => `${what}: made ${all.length} times`),
  ]
}

const BACKUP = 'backup'

function isFirstBackup(work: Work | undefined, runs: SeenRun[]): boolean {
  return work?.kind === BACKUP && runs.some((run) => resourceOf(run) === work.resource)
}

function workOf(run: SeenRun): string {
  return OPERATIONS.find(({ operation }) => operation === run.operation)?.work ?? run.operation
}

/** Every end was told, always as the same, and is kept, once. */
function untold({ runs, outcomes: { told, kept, misnamed } }: Facts): string[] {
  const each = runs.filter(hasEnded).flatMap(({ id, state }) => {
    const [tellings, records] = [told.get(id) ?? [], kept.get(id) ?? []]
    const others = new Set([...tellings, ...records].filter((one) => one !== state))
    return [
      ...(tellings.length > 0 ? [] : [`${id} (${state}) was not told`]),
      ...(records.length === 1 ? [] : [`${id} (${state}) is kept ${records.length} times`]),
      ...[...others].map((other) => `${id} is ${state}, but told as ${other}`),
    ]
  })
  return [...each, ...misnamed]
}

/** Nothing is there that nobody wished for. */
function stray({ sent, runs, outcomes }: Facts): string[] {
  const wished = new Set(sent.flatMap(({ ids }) => [...ids]))
  const there = [...runs.map(({ id }) => id), ...outcomes.told.keys(), ...outcomes.kept.keys()]
  return [...new Set(there)].filter((id) => !wished.has(id)).map((id) => `${id} was wished for by nobody`)
}
