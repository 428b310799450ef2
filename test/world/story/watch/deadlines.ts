import type { Run } from '../../../../lib/runs/run.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import { wasConfused } from '../excuses.ts'
import { runsOf } from '../verdict.ts'
import type { Disturbances } from './disturbances.ts'
import type { Life, Lives } from './lives.ts'

/**
 * The last look is two minutes after the deadline; pollers look every three seconds, and there may be others before it. One that
 * hangs takes ten seconds, and the next is ten seconds after it.
 */
const LOOKED_MS = 155_000

/** Work that ended so long before the deadline was seen to end: looks are up to a minute apart, and it takes two, then another. */
const SEEN_MS = 200_000

/** What must be true of a run that timed out, where nothing kept the engine from looking towards its end. */
export function brokenDeadlines(sim: Sim, lives: Lives, disturbances: Disturbances): Violation[] {
  return runsOf(sim).flatMap((run) => {
    const life = lives.of.get(run.id)
    if (!life || run.state !== 'timed-out' || !run.acceptedAt) return []
    if (disturbances.metAnybody(Date.parse(run.deadlineAt) - SEEN_MS)) return []
    return [...(wasGone(sim, run, life) ? [] : lateOf(run, life)), ...blindOf(sim, run, life)]
  })
}

/** Nobody looks while table or queue are gone, or the one process; the last look comes when they are back, all the same. */
function wasGone({ hangs, clocksStep }: Sim, { deadlineAt }: Run, { endedAt = 0 }: Life): boolean {
  const from = Date.parse(deadlineAt) - SEEN_MS
  return clocksStep(from, endedAt) || hangs.between(['table', 'queue', 'secrets'], from, endedAt)
}

function lateOf({ id, deadlineAt }: Run, { endedAt = 0 }: Life): Violation[] {
  const lateMs = endedAt - Date.parse(deadlineAt)
  const seen = `${Math.round(lateMs / 1000)} s after ${deadlineAt}`
  return lateMs > LOOKED_MS ? [{ property: 'the last look is at the deadline', seen, runs: [id] }] : []
}

function blindOf(sim: Sim, run: Run, { change, endedAt = 0 }: Life): Violation[] {
  const { faults, hangs } = sim
  const { id, deadlineAt, createdAt } = run
  if (wasConfused(sim, run, Date.parse(createdAt), Date.parse(deadlineAt))) return []
  // Without its accounts nobody can read a cloud.
  if (hangs.between(['secrets'], Date.parse(deadlineAt) - SEEN_MS, endedAt)) return []
  const lies = [...faults.met(id)].filter((kind) => kind.startsWith('cloud') && kind !== 'cloud work is long')
  if (!change || change.work.fails || lies.length > 0) return []
  const earlyMs = Date.parse(deadlineAt) - change.work.until
  const seen = `its work ended ${Math.round(earlyMs / 1000)} s before ${deadlineAt}`
  return earlyMs > SEEN_MS ? [{ property: 'no time-out of work that had ended', seen, runs: [id] }] : []
}
