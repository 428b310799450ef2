import type { Run } from '../../../lib/runs/run.ts'
import type { Item } from '../engine/expressions.ts'
import type { Sim } from '../engine/sim.ts'
import { BOUND_MS, runsOf } from './verdict.ts'
import { continuesAt, episodesOf, isOver } from './watch/episodes.ts'
import type { Seen } from './witness.ts'

/** Nobody waits longer than this for the end of a world: the longest deadline there is, and more. */
const FOR_EVER_MS = 30 * 3_600_000

/** It comes every minute, and has half of one for its work; the index may lag. */
const REARMED_MS = 120_000

/** Nothing of a guard is still to be looked at, or told. Those are records of our own store. */
function isSettled({ kind, checkAt, outbox }: Item): boolean {
  return kind !== 'guard' || (checkAt === undefined && ((outbox as unknown[]) ?? []).length === 0)
}

/** Until everything has come to its end, or should have; the work of the clouds, too. */
export async function rest(sim: Sim, { broken }: Seen): Promise<void> {
  const { clock, cloud, queues } = sim
  const calmAt = clock.now()
  const giveUpAt = clock.now() + FOR_EVER_MS
  const checkMoves = ({ id, state, dueAt }: Run): void => {
    const waitedMs = clock.now() - Date.parse(dueAt ?? new Date(clock.now()).toISOString())
    if (waitedMs > REARMED_MS) broken('the sweeper finds whatever does not move', `${state}, due ${dueAt}`, id)
  }
  for (;;) {
    const runs = runsOf(sim)
    const isAtRest =
      [...cloud.truth.works.values()].every(({ until }) => until < clock.now()) &&
      runs.every(({ notifiedAt }) => notifiedAt) &&
      episodesOf(sim).every(isOver) &&
      sim.table.items().every(isSettled) &&
      [...queues.all.values()].every(({ letters }) => letters.length === 0)
    const worksEnd = Math.max(0, ...Array.from(cloud.truth.works.values(), ({ until }) => until))
    const deadlines = runs.map(({ deadlineAt }) => Date.parse(deadlineAt))
    const deadline = Math.max(clock.now(), ...deadlines, ...episodesOf(sim).map(continuesAt))
    if (isAtRest || clock.now() > Math.min(giveUpAt, Math.max(deadline, worksEnd) + 2 * BOUND_MS)) return
    if (clock.now() > calmAt + BOUND_MS) for (const run of runs) checkMoves(run)
    await clock.run(clock.now() + 60_000)
  }
}
