import { readFileSync } from 'node:fs'
import { limitsOfAlarm } from '../../../../lib/rules/limits.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import type { Run } from '../../../../lib/runs/run.ts'
import { isFinal } from '../../../../lib/runs/states.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import type { Doors } from '../doors.ts'
import { didClocksStep, resourceOf } from '../excuses.ts'
import { RULES_FILE } from '../handlers.ts'
import { DENIED, LIMITED } from '../policy.ts'
import { runsOf } from '../verdict.ts'
import { listen } from './listen.ts'

/** A run counts from when it took its resource; it is sent within this. Between hosts, clocks differ by seconds. */
const SENT_MS = 100_000

/** Of clocks that are off by minutes, or step back. */
const CLOCKS_APART_MS = 300_000

const REACHED = 'dev.steadyhand.limit.reached'

/** What alarms may do to one resource, whatever they are called and whoever tells them. */
export interface Loops {
  violations(doors: Doors): Violation[]
}

/** Follows when runs that alarms asked for were sent. */
export function watchLoops(sim: Sim): Loops {
  const sentAt = new Map<string, number>()
  listen(sim.witness, {
    written: (before, after) => {
      // Looks for a lost answer are written in the same state.
      const isSent = after?.kind === 'run' && after.state === 'submitting' && before?.state !== 'submitting'
      if (isSent) sentAt.set(String(after.id), sim.clock.now())
    },
  })
  return {
    violations: (doors) => [
      ...tooMany(sim, sentAt),
      ...overBudget(sim, sentAt),
      ...denied(sim),
      ...toldAgain(sim),
      ...untold(sim, doors),
    ],
  }
}

/** All rules of the simulation have the same. */
const { defaults } = parseRules(readFileSync(RULES_FILE, 'utf8'), RULES_FILE)
const LIMITS = limitsOfAlarm({ name: 'any' }, defaults, '')

/** In no window are there more runs on a resource than its limits allow. */
function tooMany(sim: Sim, sentAt: ReadonlyMap<string, number>): Violation[] {
  const { made, slackMs } = madeByAlarms(sim, sentAt)
  const byResource = Map.groupBy(made, resourceOf)
  return [...byResource].flatMap(([resource, runs]) => {
    const times = runs.map(({ id }) => sentAt.get(id) ?? 0).sort((a, b) => a - b)
    // The time to settle is the cooldown of a later step.
    const first = runs.filter((run) => !isLaterStep(run))
    const warm = first.find(({ id }) => runs.some((before) => isWithin(before, sentAt.get(id) ?? 0, slackMs)))
    if (warm) return [{ property: 'no loop', seen: `${warm.id} within the cooldown of ${resource}`, runs: [warm.id] }]
    return LIMITS.atMost.flatMap((limit) => {
      const seen = overLimit(times, limit, slackMs)
      return seen ? [{ property: 'no loop', seen: `${seen} on ${resource}`, runs: runs.map(({ id }) => id) }] : []
    })
  })
}

/** In no window are there more runs of one caller than its budget. */
function overBudget(sim: Sim, sentAt: ReadonlyMap<string, number>): Violation[] {
  const { made, slackMs } = madeByAlarms(sim, sentAt)
  return LIMITED.flatMap(({ name, operations, budget = [] }) => {
    const runs = made.filter((run) => run.operation === operations && !isLaterStep(run))
    const times = runs.map(({ id }) => sentAt.get(id) ?? 0).sort((a, b) => a - b)
    return budget.flatMap((limit) => {
      const seen = overLimit(times, limit, slackMs)
      return seen ? [{ property: 'a budget holds', seen: `${seen} by ${name}`, runs: runs.map(({ id }) => id) }] : []
    })
  })
}

/** No run of what the policy denies. */
function denied(sim: Sim): Violation[] {
  const run = runsOf(sim).find(({ operation, source }) => source.kind === 'alarm' && DENIED.includes(operation))
  return run ? [{ property: 'the policy holds', seen: `${run.operation} by an alarm`, runs: [run.id] }] : []
}

/** The runs that alarms asked for and that were sent; and how far apart their clocks may be. */
function madeByAlarms(sim: Sim, sentAt: ReadonlyMap<string, number>): { made: Run[]; slackMs: number } {
  const isOff = (run: Run): boolean => sim.faults.met(run.id).has('host clock is minutes off')
  const made = runsOf(sim).filter(({ id, source, state, sentAt: sent }) => {
    const wasMade = source.kind === 'alarm' && sentAt.has(id)
    // What the cloud clearly did not take is given back.
    return wasMade && !(isFinal(state) && sent === undefined)
  })
  return { made, slackMs: didClocksStep(sim) || made.some(isOff) ? CLOCKS_APART_MS : 0 }
}

/** A step of a ladder that is not its first. */
function isLaterStep({ episodeId, limits }: Run): boolean {
  return episodeId !== undefined && limits?.cooldownMs === 0
}

/** More than a limit allows, in words. @param times in order (ms) */
function overLimit(
  times: readonly number[],
  { count, windowMs }: { count: number; windowMs: number },
  slackMs: number,
): string | undefined {
  const first = times.findIndex(
    (at, index) => (times[index + count] ?? Number.POSITIVE_INFINITY) - at < windowMs - SENT_MS - slackMs,
  )
  if (first < 0) return undefined
  const withinMs = (times[first + count] ?? 0) - (times[first] ?? 0)
  return `${count + 1} runs within ${Math.round(withinMs / 1000)} s`
}

/** Whether something was sent within the cooldown of a run. Hosts' clocks differ by seconds. */
function isWithin({ endedAt = '' }: Run, at: number, slackMs: number): boolean {
  const ended = Date.parse(endedAt)
  return at > ended + 5_000 && at < ended + LIMITS.cooldownMs - 5_000 - slackMs
}

/** Once for each limit that is used up. Who dies, or does not hear the topic's answer, cannot know that he told. */
function toldAgain({ topic, faults }: Sim): Violation[] {
  const mayRepeat = Object.keys(faults.counts).some((kind) => /^(worker|topic|table|host|clocks)/.test(kind))
  if (mayRepeat) return []
  const ids = topic.deliveries.filter(({ type }) => type === REACHED).map(({ id }) => id)
  const again = ids.find((id, index) => ids.indexOf(id) < index)
  return again ? [{ property: 'a used up limit is told once', seen: again, runs: [] }] : []
}

/** So soon the delivery of a teller who died is tried again: what opens sooner is over by then. */
const RETRIED_MS = 5 * 60_000

/** Whoever is turned away by a limit: people know of it. */
function untold({ topic, faults }: Sim, { answers }: Doors): Violation[] {
  // A run that waits for its group uses the limit later, and the limit opens later: it is told once.
  const withoutTime = (reason = ''): string =>
    reason
      .replace(/ it opens at \S+,/, '')
      .replace(/ by (run_\w+(, run_\w+)*);/, (_, by: string) => by.split(', ').sort().join())
  const told = new Set(
    topic.deliveries.filter(({ type }) => type === REACHED).map(({ data }) => withoutTime(data.reason)),
  )
  const mayDie = Object.keys(faults.counts).some((kind) => /^(worker|topic|table)/.test(kind))
  const said = [...answers.values()]
    .flat()
    .flatMap(({ at, body }) => refusalsIn(body).map((reason) => ({ at, reason })))
  const missing = said.find(({ at, reason }) => {
    const opensAt = / is used up on .* it opens at (\S+),/.exec(reason)?.[1]
    // By a clock that steps back later, a short wait is a long one.
    const isShort = didClocksStep({ faults }) || (opensAt && Date.parse(opensAt) - at < RETRIED_MS)
    return opensAt && !told.has(withoutTime(reason)) && !(mayDie && isShort)
  })
  return missing ? [{ property: 'a used up limit is told', seen: missing.reason, runs: [] }] : []
}

function refusalsIn(body: string): string[] {
  const { results = [] } = JSON.parse(body) as { results?: { refused?: string }[] } // of receive-alarm
  return results.flatMap(({ refused }) => refused ?? [])
}

/** Every authentic delivery has a record with its result; what could not be written for the table's sake is logged. */
export function droppedSilently(sim: Sim, doors: Doors): Violation[] {
  const records = sim.table.items().filter(({ kind }) => kind === 'delivery')
  const kept = records
    .filter(({ results }) => Array.isArray(results) && results.length > 0)
    .map(({ raw }) => String(raw))
  const isKept = (key: string): boolean => kept.some((raw) => raw.includes(key))
  const asked = [
    ...doors.alarms
      .filter(({ number }) => doors.answers.has(number))
      .map((wish) => ({ wish, key: `alarm:${wish.key}"` })),
    ...doors.heard
      .filter(({ wish }) => wish.door === 'ticket')
      .map(({ wish }) => ({ wish, key: `"OPS-${wish.number}"` })),
  ]
  const dropped = asked.find(({ key }) => !isKept(key))
  return dropped ? [{ property: 'no silent drop', seen: `no record of wish ${dropped.wish.number}`, runs: [] }] : []
}
