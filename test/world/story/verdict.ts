import type { Run } from '../../../lib/runs/run.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import type { FaultKind, Theme } from '../engine/faults.ts'
import type { Sim } from '../engine/sim.ts'
import type { Sent, Violation } from '../engine/witness.ts'
import type { Heard } from './doors.ts'
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
  heard: readonly Heard[]
  /** Of which a door said that they are cancelled. */
  cancelled: ReadonlySet<string>
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
  ['success is true', ({ run, sent }) => run.state === 'succeeded' && falseSuccess(run, sent)],
  ['unknown only where something was lost', ({ run, sim }) => run.state === 'unknown' && unwarranted(run, sim)],
  ['cancelled only if nothing was made', ({ run, sent }) => run.state === 'cancelled' && sent.some(wasMade) && 'sent'],
  [
    'nothing is sent for a run that ended unsent',
    ({ run, sent }) => UNSENT.has(run.state) && sent.some(wasMade) && run.state,
  ],
  [
    'nothing is sent after the end',
    ({ sent, endedAt }) => endedAt !== undefined && sent.some(({ at }) => at > endedAt + SENT_BEFORE_MS) && 'sent',
  ],
  ['who joined another sends nothing', ({ run, sent }) => run.attachedTo !== undefined && sent.length > 0 && 'sent'],
  ['who joined another shares its end', ({ run, sim }) => sharesNot(run, sim)],
  ['at most one backup a run', ({ run, sim }) => (sim.cloud.truth.backups.get(run.id) ?? 0) > 1 && 'two backups'],
]

/** Everything that is not as it was promised, when all has come to rest. */
export function verdictOf({ sim, theme, heard, cancelled, seen: witness, calmAt }: World): Violation[] {
  const found: Violation[] = [...sim.witness.violations]
  for (const run of runsOf(sim)) {
    const sent = sim.cloud.truth.sent.filter(({ runId }) => runId === run.id)
    const it = { run, sent, sim, endedAt: witness.endedAt.get(run.id), calmAt }
    for (const [property, broken] of CHECKS) {
      const seen = broken(it)
      if (seen) found.push({ property, seen, runs: [run.id] })
    }
  }
  found.push(...brokenCancels(sim, cancelled), ...unkeptLetters(sim))
  for (const { wish, runId } of heard) {
    const stored = sim.table.item(runId)
    if (stored?.operation === wish.operation) continue
    found.push({
      property: 'an accepted wish is stored',
      seen: `wish ${wish.number}: ${stored?.operation}`,
      runs: [runId],
    })
  }
  const { rearmedAfterMs } = witness
  if ((theme === 'nothing' || theme === 'cloud') && rearmedAfterMs.length > 0)
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
  const latest = Math.max(Date.parse(run.deadlineAt), calmAt) + BOUND_MS
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
  return state === 'refused' || outcome?.summary.startsWith('nothing was done') === true
}

function wasMade({ effective }: Sent): boolean {
  return effective
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

function unwarranted({ id, attachedTo, outcome }: Run, { faults }: Sim): string | false {
  return ![...faults.met(attachedTo ?? id)].some((kind) => LOST.has(kind)) && (outcome?.summary ?? '')
}

/** They end before anything is made. */
const UNSENT: ReadonlySet<string> = new Set(['refused', 'cancelled'])

/** What was sent before the end may arrive after it. */
const SENT_BEFORE_MS = 150_000

/** One that withdrew its wish, or came to nothing before it was sent, does not take the others along. */
function sharesNot({ state, attachedTo }: Run, { table }: Sim): string | false {
  const leader = attachedTo === undefined ? undefined : (table.item(attachedTo) as unknown as Run | undefined) // as our own store wrote it
  return leader !== undefined && state !== 'cancelled' && state !== leader.state && `${state}, but ${leader.state}`
}

/** What a door called cancelled is so, and stays so. */
function brokenCancels({ table }: Sim, cancelled: ReadonlySet<string>): Violation[] {
  return [...cancelled].flatMap((id) => {
    const state = table.item(id)?.state
    return state === 'cancelled' ? [] : [{ property: 'a cancel tells the truth', seen: String(state), runs: [id] }]
  })
}

/** Whatever was given up can be sent back, and people were told. */
function unkeptLetters({ table, topic, queues }: Sim): Violation[] {
  const told = new Set(topic.deliveries.filter(({ type }) => type === 'steadyhand.message.buried').map(({ id }) => id))
  return [...queues.buried].flatMap((id) => {
    const isKept = table.item(`letter:${id}`) !== undefined
    const seen = `${id}: ${isKept ? 'kept' : 'not kept'}, ${told.has(id) ? 'told' : 'not told'}`
    return isKept && told.has(id) ? [] : [{ property: 'what was given up is kept, and told', seen, runs: [] }]
  })
}

/** A success needs work that was begun, has ended, and changed something. */
function falseSuccess({ operation, updatedAt, attachedTo }: Run, sent: readonly Sent[]): string | false {
  // Its own is that of the run that it joined.
  if (attachedTo !== undefined) return false
  const work = sent.find(wasMade)?.work
  if (!work) return (SHOWS.has(operation) || sent.length === 0) && 'nothing was ever begun'
  if (work.fails) return SHOWS.has(operation) && 'the work changed nothing'
  return Date.parse(updatedAt) < work.until - SKEW_MS && `the work went on for ${work.until - Date.parse(updatedAt)} ms`
}

/** The hosts' clocks may be off by so much. */
const SKEW_MS = 2_000

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
