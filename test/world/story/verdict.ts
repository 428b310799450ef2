import type { Run } from '../../../lib/runs/run.ts'
import { isFinal, rulesOf } from '../../../lib/runs/states.ts'
import { REQUESTED_BEFORE_MS } from '../../../lib/runs/wake-joined.ts'
import type { FaultKind, Theme } from '../engine/faults.ts'
import type { Dependency } from '../engine/hangs.ts'
import { runIdsIn } from '../engine/queues.ts'
import type { Sim } from '../engine/sim.ts'
import type { Sent, Violation } from '../engine/witness.ts'
import type { Doors } from './doors.ts'
import { didClocksStep, SLOW, wasConfused, wasTaskMistaken, wasUntold, wasWaitCut } from './excuses.ts'
import type { Seen } from './witness.ts'

/**
 * How long after its deadline (or after nothing goes wrong any more, if that is later) a run may take to end and to be
 * told: the bound that is published.
 */
export const BOUND_MS = 8 * 60_000

/**
 * How long after its work has ended, and shows that, a run that nothing befell may take to end: two looks that say so, and
 * two more at the resource itself, each up to 66 s after the other, and the way through the queue.
 */
const SEEN_MS = 5 * 60_000

/** What may befall a run and does not delay its end. */
const HARMLESS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'host clock is off',
  'worker of the next release',
  'table answer lost, client repeats',
  'queue answer lost, client repeats',
  'topic slow',
  'topic fails',
  'topic answer lost, client repeats',
  'topic answer lost for good',
  'topic hangs',
  'message doubled',
  'message comes back though deleted',
  'answer to a wish lost',
  'cloud work is long',
  'cloud work takes hours',
  'cloud work shows late, with its task',
  'cloud work shows late, without a task',
  'cloud task listed late',
  'cloud task never listed',
  'cloud fills a replica anew',
])

/**
 * Whose work always shows on the resource: there, a success that is none is never excused by what the cloud said. All
 * others may find the resource as it is wished (running, stopped, that node master), and nobody can tell.
 */
const SHOWS: ReadonlySet<string> = new Set(['dcs.instance.swap', 'emr.service.restart'])

interface Case {
  run: Run
  sent: readonly Sent[]
  sim: Sim
  seen: Seen
  createdAt: number
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
  ['an outage prolongs a run by its own length', prolonged],
  ['every end is told', ({ run, sim }) => isFinal(run.state) && toldOf(run, sim).length === 0 && run.state],
  ['under one id, and alike', ({ run, sim }) => many(toldOf(run, sim).map(({ id, data }) => `${id} ${data.state}`))],
  ['slow is told once, by one id', ({ run, sim }) => many(slowTold(run, sim).map(({ id }) => id))],
  [
    'what is slow has taken long',
    ({ run, sim }) => slowTold(run, sim).length > 0 && tookSeconds(run) < 30 && run.state,
  ],
  ['told is noted', ({ run }) => isFinal(run.state) && !run.notifiedAt && run.state],
  ['"nothing was done" is true', ({ run, sent }) => saysNothing(run) && sent.some(wasMade) && run.outcome?.summary],
  ['success is true', (it) => it.run.state === 'succeeded' && !it.run.attachedTo && falseSuccess(it)],
  ['an end is seen soon', (it) => !it.run.attachedTo && seenLate(it)],
  ['a message bound a look', ({ run, seen }) => seen.copies.tooMany(run.id)],
  ['who joined shares the outcome', ({ run, sim, sent }) => isFinal(run.state) && apart(run, sim, sent)],
  ['who joined is woken', wokenLate],
  ['who joined is found at rest, however it was lost', leftLate],
  [
    'unknown only where something was lost',
    (it) => it.run.state === 'unknown' && !it.run.attachedTo && unwarranted(it),
  ],
  [
    'unknown only after it was looked for',
    ({ run, sim, endedAt }) => run.state === 'unknown' && givenUpSoon(run, sim, endedAt),
  ],
  ['at most one backup a run', ({ run, sim }) => (sim.cloud.truth.backups.get(run.id) ?? 0) > 1 && 'two backups'],
]

/** Everything that is not as it was promised, when all has come to rest. */
export function verdictOf({ sim, theme, doors, seen: witness, calmAt }: World): Violation[] {
  const found: Violation[] = [...sim.witness.violations]
  for (const run of runsOf(sim)) {
    const sent = sim.cloud.truth.sent.filter(({ runId }) => runId === run.id)
    const times = { createdAt: witness.createdAt.get(run.id) ?? 0, endedAt: witness.endedAt.get(run.id), calmAt }
    const it = { run, sent, sim, seen: witness, ...times }
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
  // Polls that hang with their cloud hold up the others.
  const isSwift = isAwsWhole && !sim.machine?.wasCrowded() && !sim.hangs.between(['huawei', 'tencent'], 0, calmAt)
  if (isSwift && rearmedAfterMs.length > 0)
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
  const soughtUntil = run.sentAt ? Date.parse(rulesOf('submitting').onDeadline.at(run)) : 0
  const latest = Math.max(Date.parse(run.deadlineAt), run.state === 'unknown' ? soughtUntil : 0, calmAt) + BOUND_MS
  return endedAt > latest && `${run.state} ${Math.round((endedAt - latest) / 1000)} s after its bound`
}

/**
 * A run that only outages befell ends by its deadline and the bound, and is late by no more than the outages lasted. What was
 * lost with them is found within the bound, once more.
 */
function prolonged({ run, sim, createdAt, endedAt }: Case): string | false {
  if (endedAt === undefined || sim.machine) return false
  if ([...sim.faults.met(run.id)].some((kind) => !HARMLESS.has(kind) && !isOutage(kind))) return false
  if (didClocksStep(sim) || UNSEEN.some((kind) => sim.faults.counts[kind])) return false
  const outageMs = sim.hangs.msBetween(OUTAGES, createdAt, endedAt)
  if (outageMs === 0) return false
  return lateBy(run, endedAt - outageMs, 0)
}

function isOutage(kind: FaultKind): boolean {
  return kind === 'secrets hang' || /^(table|queue|topic|cloud (huawei|tencent)) hangs$/.test(kind)
}

function toldOf(run: Run, { topic }: Sim) {
  return topic.deliveries.filter(
    ({ type, data }) => data.id === run.id && type.startsWith('dev.steadyhand.run.') && type !== SLOW,
  )
}

function slowTold(run: Run, { topic }: Sim) {
  return topic.deliveries.filter(({ type, data }) => data.id === run.id && type === SLOW)
}

function tookSeconds({ acceptedAt, updatedAt }: Run): number {
  return acceptedAt === undefined ? 0 : (Date.parse(updatedAt) - Date.parse(acceptedAt)) / 1000
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

/** Without these no run is brought on. */
const OUTAGES: readonly Dependency[] = ['table', 'queue', 'huawei', 'tencent', 'secrets']

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
  'cloud huawei hangs',
  'cloud tencent hangs',
  'secrets hang',
  'table hangs',
  'table disk full',
  'table file locked',
])

function unwarranted({ run, sim, createdAt, endedAt = Number.POSITIVE_INFINITY }: Case): string | false {
  // The run itself may have had no message while nobody could be asked.
  if (sim.hangs.between(OUTAGES, createdAt, endedAt)) return false
  return ![...sim.faults.met(run.id)].some((kind) => LOST.has(kind)) && (run.outcome?.summary ?? '')
}

/** What was sent is looked for so long before nobody can tell what became of it; hosts' clocks differ by seconds. */
const SOUGHT_MS = 5 * 60_000 - 10_000

function givenUpSoon(run: Run, sim: Sim, endedAt = 0): string | false {
  const sentAt = Date.parse(run.sentAt ?? '')
  // What was accepted ends as unknown where its progress is no longer seen; and some clocks tell nothing.
  if (run.acceptedAt || run.attachedTo || Number.isNaN(sentAt)) return false
  if (sim.faults.met(run.id).has('host clock is minutes off') || didClocksStep(sim)) return false
  return endedAt - sentAt < SOUGHT_MS && `after ${Math.round((endedAt - sentAt) / 1000)} s`
}

/** A success needs work that was begun, has ended, and changed something. */
function falseSuccess({ run, sent, sim, createdAt, endedAt = Number.POSITIVE_INFINITY }: Case): string | false {
  const work = sent.find(wasMade)?.work
  if (wasConfused(sim, run, createdAt, endedAt) || wasTaskMistaken(sim, run)) return false
  const shows = SHOWS.has(run.operation) && !wasUntold(sim, run)
  if (!work) return (shows || sent.length === 0) && 'nothing was ever begun'
  if (work.fails) return shows && 'the work changed nothing'
  if (endedAt >= work.until || wasWaitCut(sim, run, work)) return false
  return `the work went on for ${work.until - endedAt} ms`
}

/** Only where nothing befell the run, its work did what it should, and nobody else was at work there. */
function seenLate({ run, sent, sim, createdAt, endedAt = Number.POSITIVE_INFINITY }: Case): string | false {
  const work = sent.find(wasMade)?.work
  // What looks otherwise than it should is waited for, for minutes, before that is a failure.
  if (!work || work.fails || run.state === 'failed') return false
  if ([...sim.faults.met(run.id)].some((kind) => !HARMLESS.has(kind))) return false
  if (sim.hangs.between(OUTAGES, createdAt, endedAt)) return false
  if (sim.clocksStep(createdAt, endedAt)) return false
  const lateMs = endedAt - Math.max(work.until, work.hiddenUntil)
  const isUnseen = UNSEEN.some((kind) => sim.faults.counts[kind])
  return (
    lateMs > SEEN_MS + (isUnseen ? UNSEEN_MS : 0) &&
    !wasConfused(sim, run, createdAt, endedAt) &&
    `${run.state} ${lateMs} ms after it`
  )
}

/** How long after the end of the other run one that joined it may take to leave it, where nothing befell either: a second look, and the way through crowded queues. */
const WOKEN_MS = 60_000

function wokenLate({ run, sim, seen }: Case): string | false {
  const late = seen.joined.left(run.id).find(({ leader, endedAt, leftAt }) => {
    const met = [...sim.faults.met(run.id), ...sim.faults.met(leader)]
    const isExcused =
      met.some((kind) => !HARMLESS.has(kind)) ||
      sim.hangs.between(['table', 'queue'], endedAt, leftAt) ||
      sim.clocksStep(endedAt, leftAt) ||
      Date.parse(String(sim.table.item(leader)?.createdAt)) - Date.parse(run.createdAt) > REQUESTED_BEFORE_MS ||
      UNSEEN.some((kind) => sim.faults.counts[kind]) ||
      sim.faults.between(OF_MACHINE, endedAt - UNSEEN_MS, leftAt)
    return leftAt - endedAt > WOKEN_MS && !isExcused
  })
  return late !== undefined && `${late.leftAt - late.endedAt} ms after ${late.leader}`
}

/** The published bound: its own look within a quarter of an hour; else the sweeper's. */
const LEFT_MS = 19 * 60_000

function leftLate({ run, seen, calmAt }: Case): string | false {
  const late = seen.joined
    .left(run.id)
    .map(({ endedAt, leftAt }) => leftAt - Math.max(endedAt, calmAt))
    .find((lateMs) => lateMs > LEFT_MS)
  return late !== undefined && `${late} ms late`
}

/** What costs a run its message, or its sweep, without being counted for it: an index shows it so late at most. */
const UNSEEN: readonly FaultKind[] = [
  'queue purged',
  'sweep left out',
  'index entry stale',
  'index entry missing',
  'whole index stale',
]
/** The same of one machine, whose file is that of all runs; the process may be away for as long. */
const OF_MACHINE: readonly FaultKind[] = ['table disk full', 'table file locked', 'machine back late']
const UNSEEN_MS = 10 * 60_000

const BURIED = 'dev.steadyhand.message.dead-lettered'

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
