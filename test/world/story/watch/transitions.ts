import { eventKey } from '../../../../lib/rules/match.ts'
import { type Run, runId } from '../../../../lib/runs/run.ts'
import { readAlarmEvent } from '../../../../lib/sources/alarms/cloudwatch.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import { alarmEvent } from '../alarm-event.ts'
import type { Doors } from '../doors.ts'
import { DENIED } from '../policy.ts'
import { runsOf } from '../verdict.ts'
import { idOf, type Wish } from '../wishes.ts'
import type { Lives } from './lives.ts'

/** An alarm that began so long after a run of ours had ended may still be its doing. */
const SETTLES_MS = 5 * 60_000

/** The clocks of two hosts differ by so much, and a write takes its time. */
const SLACK_MS = 4_000

/** An end is written so long after its worker looked at the clock, at most. */
const SLOWEST_MS = 65_000

/** A decision that was begun before a run ended is written within this: the function is given 15 s, and may freeze. */
const DECIDED_MS = 60_000

/** One change of one alarm, however often it was told. */
interface Transition {
  wish: Wish
  runId: string
  dedupeKey: string
}

interface Watched {
  lives: Lives
  doors: Doors
  /** How far an index may be behind (ms): whoever lists runs does not see sooner that one has ended. */
  lagMs: number
}

/** What alarms must not do. */
export function brokenByAlarms(sim: Sim, { lives, doors, lagMs }: Watched): Violation[] {
  const transitions = new Map<string, Transition>()
  for (const wish of doors.alarms) {
    const one = transitionOf(wish)
    if (one) transitions.set(one.runId, one)
  }
  const byId = Map.groupBy(runsOf(sim), ({ target }) => idOf(target))
  return [...transitions.values()].flatMap((one) => [
    ...startedByOurselves(sim, { lives, lagMs }, one, byId.get(idOf(one.wish.targets[0] ?? {})) ?? []),
    ...twoAnswers(sim, doors, one),
  ])
}

function transitionOf(wish: Wish): Transition | undefined {
  const [reading] = readAlarmEvent(alarmEvent(wish))
  if (!reading || !('alarm' in reading)) return undefined
  return { wish, runId: runId(eventKey('alarm', reading.alarm)), dedupeKey: reading.alarm.dedupeKey }
}

/**
 * What began while a run of ours was at work there, or within five minutes of its end, starts no run once that one has
 * succeeded: however late it is told, and whoever had the resource since.
 */
function startedByOurselves(
  sim: Sim,
  { lives, lagMs }: Omit<Watched, 'doors'>,
  { wish, runId }: Transition,
  runs: readonly Run[],
): Violation[] {
  const started = lives.of.get(runId)
  const own = runs.find(({ id }) => id === runId)
  // One that was refused in the end, or joined another, did nothing itself.
  if (!started || own?.state === 'refused' || own?.attachedTo) return []
  const began = wish.occurredAt ?? wish.at
  const cause = runs.find((run) => {
    const { endedAt = Number.POSITIVE_INFINITY } = lives.of.get(run.id) ?? {}
    const wasAtWork = run.id !== runId && run.state === 'succeeded' && run.sentAt !== undefined && !run.attachedTo
    if (!wasAtWork || began < Date.parse(run.sentAt ?? '') + SLACK_MS) return false
    // The time of an alarm is the true one.
    const apartMs = (isClockOff(sim, [run.id, runId]) ? CLOCKS_APART_MS : 0) + sim.behindMs
    return began <= endedAt + SETTLES_MS - SLOWEST_MS - apartMs && startedAfter(endedAt)
  })
  /** It was made, or made its change, though that run had succeeded by then; but for what the index did not show yet. */
  function startedAfter(endedAt: number): boolean {
    const { createdAt, change } = started ?? { createdAt: 0, change: undefined }
    if (createdAt > endedAt + lagMs + DECIDED_MS) return true
    return createdAt < endedAt && change !== undefined && change.at > endedAt + SLACK_MS
  }
  if (!cause) return []
  const seen = `the alarm of wish ${wish.number} began during, or just after, ${cause.operation} (${cause.id})`
  return [{ property: 'what our own work raised starts no run', seen, runs: [runId, cause.id] }]
}

/** Between two hosts of which one is off by minutes. */
const CLOCKS_APART_MS = 240_000

function isClockOff({ faults }: Sim, runs: readonly string[]): boolean {
  return runs.some((id) => faults.met(id).has('host clock is minutes off'))
}

const REFUSED = 'dev.steadyhand.request.refused'

/** One transition has one answer: never a refusal for one delivery, and a run for another. */
function twoAnswers({ table, topic }: Sim, { answers }: Doors, { runId, dedupeKey, wish }: Transition): Violation[] {
  // A run that was refused in the end is the same answer, told as its own; one that joined another has made no change.
  const run = table.item(runId) as unknown as Run | undefined // as our own store wrote it
  if (!run || run.state === 'refused' || run.attachedTo) return []
  // A limit, a storm or a breaker turns away what comes now; it opens, and sooner where a run that used it came to nothing.
  const isOfNow = (body: string): boolean => / it opens at |storm in group | of the last \d+ runs of /.test(body)
  const heard = answers.get(wish.number)?.find(({ body }) => body.includes('"refused"') && !isOfNow(body))?.body
  const told = topic.deliveries.find(({ type, id }) => type === REFUSED && id.includes(dedupeKey))
  if (!heard && !told) return []
  const seen = `wish ${wish.number} was refused: ${heard ?? 'as people were told'}`
  return [{ property: 'one transition has one answer', seen, runs: [runId] }]
}

/** No alarm is acted on that is older than this. */
const NEW_MS = 29 * 60_000

/** The longest window of a limit. */
const LIMITED_MS = 60 * 60_000

/** Whether an alarm may be refused for what our own runs did there, for its age, or by the policy. @param said what it was answered */
export function mayBeRefused({ table, clock }: Sim, wish: Wish, said: string): boolean {
  const began = wish.occurredAt ?? wish.at
  if (clock.now() - began > NEW_MS) return true
  // A storm is one for all targets.
  if (said.includes('storm in group ')) return true
  // So are the breaker and the disarming of a rule.
  if (/ of the last \d+ runs of | disarmed itself /.test(said)) return true
  if (DENIED.includes(wish.operation) && said.includes('policy of ')) return true
  const id = idOf(wish.targets[0] ?? {})
  return table.items().some((item) => {
    if (item.kind !== 'run') return false
    const { target, sentAt, updatedAt, budget, heldBackUntil, wasHeldBack } = item as unknown as Run // as our own store wrote it
    // A budget is one for all targets. A run that has used it may yet come to nothing.
    if (budget && said.includes(` is used up on ${budget.of} `)) return true
    // One that a guard keeps waiting, or kept, may have had the resource before, and counts.
    const wasHeld = heldBackUntil !== undefined || wasHeldBack
    if (idOf(target) === id && wasHeld && said.includes(' is used up on ')) return true
    if (idOf(target) !== id || sentAt === undefined) return false
    const isLimited = said.includes(' is used up on ') && Date.parse(updatedAt) > clock.now() - LIMITED_MS - 60_000
    // A success answers what began before it as well.
    return isLimited || began <= Date.parse(updatedAt) + SETTLES_MS + 60_000
  })
}
