import type { Run } from '../../../lib/runs/run.ts'
import { isFinal, rulesOf } from '../../../lib/runs/states.ts'
import type { FaultKind, Theme } from '../engine/faults.ts'
import { runIdsIn } from '../engine/queues.ts'
import type { Sim } from '../engine/sim.ts'
import type { Sent, Violation } from '../engine/witness.ts'
import type { Doors } from './doors.ts'
import type { Seen } from './witness.ts'

/**
 * How long after its deadline (or after nothing goes wrong any more, if that is later) a run may take to end and to be
 * told: a worker may hold it for 45 s, it is overdue 30 s later, the sweeper comes every minute, and what it re-arms or
 * ends takes another round.
 */
export const BOUND_MS = 4 * 60_000

/**
 * Whose work always shows on the resource: there, a success that is none is never excused by what the cloud said. All
 * others may find the resource as it is wished (running, stopped, that node master), and nobody can tell.
 */
const SHOWS: ReadonlySet<string> = new Set(['dcs.instance.swap', 'emr.service.restart'])

interface Case {
  run: Run
  sent: readonly Sent[]
  sim: Sim
  endedAt: number | undefined
  calmAt: number
}

/** All that there is to judge. */
interface World {
  sim: Sim
  theme: Theme
  doors: Doors
  seen: Seen
  calmAt: number
}

type Check = [property: string, broken: (it: Case) => string | false | undefined]

/** The promises to a run that can be judged in the end. */
const CHECKS: readonly Check[] = [
  ['every run ends', ({ run }) => !isFinal(run.state) && `${run.state} since ${run.updatedAt}, due ${run.dueAt}`],
  ['every run ends in time', ({ run, endedAt, calmAt }) => endedAt !== undefined && lateBy(run, endedAt, calmAt)],
  ['every end is told', ({ run, sim }) => isFinal(run.state) && toldOf(run, sim).length === 0 && run.state],
  ['under one id, and alike', ({ run, sim }) => many(toldOf(run, sim).map(({ id, data }) => `${id} ${data.state}`))],
  ['told is noted', ({ run }) => isFinal(run.state) && !run.notifiedAt && run.state],
  ['"nothing was done" is true', ({ run, sent }) => saysNothing(run) && sent.some(wasMade) && run.outcome?.summary],
  ['success is true', ({ run, sent }) => run.state === 'succeeded' && !run.attachedTo && falseSuccess(run, sent)],
  ['who joined shares the outcome', ({ run, sim, sent }) => isFinal(run.state) && apart(run, sim, sent)],
  [
    'unknown only where something was lost',
    ({ run, sim }) => run.state === 'unknown' && !run.attachedTo && unwarranted(run, sim),
  ],
  ['at most one backup a run', ({ run, sim }) => (sim.cloud.truth.backups.get(run.id) ?? 0) > 1 && 'two backups'],
]

/** Everything that is not as it was promised, when all has come to rest. */
export function verdictOf({ sim, theme, doors, seen: witness, calmAt }: World): Violation[] {
  const found: Violation[] = [...sim.witness.violations]
  for (const run of runsOf(sim)) {
    const sent = sim.cloud.truth.sent.filter(({ runId }) => runId === run.id)
    const it = { run, sent, sim, endedAt: witness.endedAt.get(run.id), calmAt }
    for (const [property, broken] of CHECKS) {
      const seen = broken(it)
      if (seen) found.push({ property, seen, runs: [run.id] })
    }
  }
  for (const { wish, runId } of doors.heard) {
    const stored = sim.table.item(runId)
    if (stored?.operation === wish.operation) continue
    found.push({
      property: 'an accepted wish is stored',
      seen: `wish ${wish.number}: ${stored?.operation}`,
      runs: [runId],
    })
  }
  for (const id of doors.cancelled) {
    const state = sim.table.item(id)?.state
    if (state !== 'cancelled') found.push({ property: 'cancelled stays cancelled', seen: String(state), runs: [id] })
  }
  for (const body of witness.dead) {
    const isKept = sim.table.items().some((item) => String(item.id).startsWith('letter:') && item.body === body)
    const isTold = sim.topic.deliveries.some(({ type, data }) => type === BURIED && data.body === body)
    if (!isKept || !isTold) found.push({ property: 'a dead letter is kept and told', seen: body, runs: runIdsIn(body) })
  }
  const isAwsWhole = theme === 'nothing' || theme === 'cloud'
  if (isAwsWhole) {
    const property = 'every wish is taken in where nothing is lost'
    found.push(...doors.turnedAway.map((seen) => ({ property, seen, runs: [] })))
  }
  const { rearmedAfterMs } = witness
  if (isAwsWhole && rearmedAfterMs.length > 0)
    found.push({
      property: 'no run needs the sweeper where nothing is lost',
      seen: `${rearmedAfterMs.length} did`,
      runs: [],
    })
  return [...found, ...leftOver(sim)]
}

export function runsOf(sim: Sim): Run[] {
  return sim.table.items().filter(({ kind }) => kind === 'run') as unknown as Run[] // as our own store wrote them
}

function lateBy(run: Run, endedAt: number, calmAt: number): string | false {
  const soughtUntil = run.sentAt ? Date.parse(rulesOf('submitting').late.at(run)) : 0
  const latest = Math.max(Date.parse(run.deadlineAt), run.state === 'unknown' ? soughtUntil : 0, calmAt) + BOUND_MS
  return endedAt > latest && `${run.state} ${Math.round((endedAt - latest) / 1000)} s after its bound`
}

function toldOf(run: Run, { topic }: Sim) {
  return topic.deliveries.filter(({ type, data }) => data.id === run.id && type.startsWith('steadyhand.run.'))
}

function many(told: string[]): string | false {
  const different = new Set(told)
  return different.size > 1 && [...different].join(', ')
}

function saysNothing({ state, outcome }: Run): boolean {
  return state === 'refused' || state === 'cancelled' || outcome?.summary.startsWith('nothing was done') === true
}

function wasMade({ effective }: Sent): boolean {
  return effective
}

/** A run that joined another ends as that one does, and sends nothing itself. */
function apart({ attachedTo, state }: Run, { table }: Sim, sent: readonly Sent[]): string | false {
  if (attachedTo === undefined || state === 'cancelled') return false
  if (sent.length > 0) return 'it was sent by itself'
  const leader = table.item(attachedTo) as unknown as Run | undefined // as our own store wrote it
  return leader?.state !== state && `${state}, but ${attachedTo} ${leader?.state}`
}

/** What an engine can do nothing about, and must own up to: its worker is gone, or the cloud gave no clear answer. */
const LOST: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'worker dies before a request',
  'worker dies after a request',
  'worker freezes',
  'worker comes back after its time-out',
  'table slow',
  'table fails',
  'table answer lost for good',
  'cloud slow',
  'cloud 5xx before effect',
  'cloud 5xx after effect',
  'cloud hangs before effect',
  'cloud hangs after effect',
  'cloud request arrives late',
  'cloud unreadable after effect',
  'cloud says success, nothing begun',
  'cloud job unknown for a while',
  'cloud job unknown for ever',
])

function unwarranted({ id, outcome }: Run, { faults }: Sim): string | false {
  return ![...faults.met(id)].some((kind) => LOST.has(kind)) && (outcome?.summary ?? '')
}

/** A success needs work that was begun, has ended, and changed something. */
function falseSuccess({ operation, updatedAt }: Run, sent: readonly Sent[]): string | false {
  const work = sent.find(wasMade)?.work
  if (!work) return (SHOWS.has(operation) || sent.length === 0) && 'nothing was ever begun'
  if (work.fails) return SHOWS.has(operation) && 'the work changed nothing'
  return Date.parse(updatedAt) < work.until - SKEW_MS && `the work went on for ${work.until - Date.parse(updatedAt)} ms`
}

/** The hosts' clocks may be off by so much. */
const SKEW_MS = 2_000

const BURIED = 'steadyhand.message.buried'

/** Nothing polls for ever: all queues are empty in the end. */
function leftOver({ queues }: Sim): Violation[] {
  return [...queues.all.values()].flatMap(({ name, letters }) =>
    letters.map(({ body, runIds }) => ({
      property: 'nothing goes round for ever',
      seen: `${name}: ${body}`,
      runs: runIds,
    })),
  )
}
