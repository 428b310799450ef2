import * as z from 'zod/mini'
import { record } from '../record.ts'
import { plusMs } from '../schedule.ts'
import {
  changeGuard,
  type GuardKind,
  type GuardPorts,
  GuardRecord,
  readGuard,
  type TellingPorts,
  tellOutbox,
} from './guard-record.ts'
import { EVERYTHING, type Storm } from './settings.ts'
import { beginOf, endOf } from './storm-texts.ts'
import type { NamedGroup, Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/**
 * Many resources that ask at once have a common cause, which restarts do not mend: everything automatic in their group stops. The
 * storm ends once no more than allowed have asked for a while, or by a person.
 */

/** `runId`: the run that its alarm asked for, where that was let through. */
const Asking = record({ resource: z.string(), at: z.string(), runId: z.optional(z.string()) })
type Asking = z.infer<typeof Asking>

/** `asking`: one entry a resource, newest last, no more than it takes to begin a storm. */
const StormRecord = record({
  ...GuardRecord.shape,
  asking: z.array(Asking),
  /** When the storm began. */
  since: z.optional(z.string()),
  /** When it ends, if no more ask. */
  until: z.optional(z.string()),
})
type StormRecord = z.infer<typeof StormRecord>

const KIND: GuardKind<StormRecord> = {
  schema: StormRecord,
  initial: { asking: [] },
  dueAt: ({ until }) => until,
}

/** Ids of its documents begin so. */
export const STORM_PREFIX = 'guard:storm/'

const documentOf = (group: string) => ({ id: `${STORM_PREFIX}${group}`, kind: KIND })

/** During a storm, an entry is renewed after so long: ten thousand alarms must not write as often. */
const RENEW_MS = 30_000

/** The groups whose storm stops a resource: those that set one themselves, else the one of all resources. */
export function stormsOf(groups: readonly NamedGroup[]): [name: string, storm: Storm][] {
  const own = groups.filter(([name, { storm }]) => name !== EVERYTHING && storm !== undefined)
  return (own.length > 0 ? own : groups).flatMap(([name, { storm }]) =>
    storm === undefined || storm === 'off' ? [] : [[name, storm]],
  )
}

/** @param runId the run that the alarm asks for; the same in every delivery */
interface AskingAlarm {
  resource: string
  runId: string
}

/**
 * Notes that an alarm asks for a run on a resource. One more than allowed begins the storm, and is stopped by it.
 * @returns why it is stopped
 * @throws {Error} where that cannot be known
 */
export async function noteAsking(
  ports: TellingPorts,
  { groups, ...alarm }: AskingAlarm & { groups: readonly NamedGroup[] },
): Promise<Verdict | undefined> {
  const verdicts = await Promise.all(stormsOf(groups).map(([name, storm]) => noteIn(ports, { name, storm }, alarm)))
  return verdicts.find((one) => one !== undefined)
}

async function noteIn(
  ports: TellingPorts,
  { name, storm }: { name: string; storm: Storm },
  { resource, runId }: AskingAlarm,
): Promise<Verdict | undefined> {
  return changeGuard(ports, documentOf(name), (before, nowMs) => {
    const goesOn = isInForce(before, nowMs)
    // Another delivery of an alarm that was let through has the same answer.
    if (goesOn && before.asking.some((one) => one.runId === runId)) return { answer: undefined }
    const known = before.asking.filter(({ at }) => Date.parse(at) > nowMs - storm.withinMs)
    if (goesOn && isFresh(known, { resource, storm }, nowMs)) return { answer: verdictOf(name, before) }
    const others = known.filter((one) => one.resource !== resource)
    const passed = goesOn ? known.find((one) => one.resource === resource)?.runId : runId
    const own: Asking = { resource, at: plusMs(nowMs, 0), ...(passed ? { runId: passed } : {}) }
    const asking = [...others, own].slice(-(storm.resources + 1))
    const overUntil = overUntilOf(asking, storm)
    const over = overUntil === undefined ? {} : { since: plusMs(nowMs, 0), until: plusMs(overUntil, storm.calmMs) }
    const { since, until }: Lasting = goesOn ? { until: before.until, ...over, since: before.since } : over
    const ended = before.since && !goesOn ? [endOf(name, before, { at: before.until ?? '' })] : []
    const began = since && !goesOn ? [beginOf(name, { storm, asking, since })] : []
    if (began.length > 0) delete own.runId
    return {
      write: { asking, since, until },
      announce: [...ended, ...began],
      answer: verdictOf(name, { since, until }),
    }
  })
}

/** Why a run of an alarm is not sent: a storm in one of its groups. Nothing is written. */
export async function stormVerdict(
  ports: GuardPorts,
  { isAutomatic, groups }: Pick<Subject, 'isAutomatic' | 'groups'>,
): Promise<Verdict | undefined> {
  if (!isAutomatic) return undefined
  const records = stormsOf(groups).map(async ([name]) => ({ name, state: await stormIn(ports, name) }))
  const found = (await Promise.all(records)).find(({ state }) => state.since)
  return found && verdictOf(found.name, found.state)
}

export interface StormState {
  /** Distinct resources that have asked lately. */
  asking: number
  since?: string | undefined
  until?: string | undefined
}

/** The storm of a group, if one is in force. @param storm the window of `asking`, as the rules set it */
export async function stormIn(ports: GuardPorts, name: string, storm?: Storm): Promise<StormState> {
  const { asking, ...state } = await readGuard(ports, documentOf(name))
  const nowMs = ports.clock()
  const lately = asking.filter(({ at }) => !storm || Date.parse(at) > nowMs - storm.withinMs).length
  return { asking: lately, ...(isInForce(state, nowMs) ? { since: state.since, until: state.until } : {}) }
}

/** Ends the storm of a group by a person. Those that ask are counted anew. */
export async function endStorm(
  ports: TellingPorts,
  name: string,
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  await changeGuard(ports, documentOf(name), (before, nowMs) => {
    if (!before.since) return { answer: undefined }
    const announce = [endOf(name, before, { at: plusMs(nowMs, 0), by, reason })]
    return { write: CALM, announce, answer: undefined }
  })
}

/** Ends a storm whose calm has lasted long enough, and tells people. */
export async function tendStorm(ports: TellingPorts, id: string): Promise<void> {
  const name = id.slice(STORM_PREFIX.length)
  await changeGuard(ports, documentOf(name), (before, nowMs) => {
    if (!before.since || isInForce(before, nowMs)) return { answer: undefined }
    return { write: CALM, announce: [endOf(name, before, { at: before.until ?? '' })], answer: undefined }
  })
  await tellOutbox(ports, documentOf(name))
}

const CALM = { asking: [], since: undefined, until: undefined }

type Lasting = Pick<StormRecord, 'since' | 'until'>

function isInForce({ since, until }: Lasting, nowMs: number): boolean {
  return since !== undefined && until !== undefined && Date.parse(until) > nowMs
}

/** Until when more resources than allowed have asked within the window, if no more ask (epoch ms). */
function overUntilOf(asking: readonly Asking[], { resources, withinMs }: Storm): number | undefined {
  const last = asking.at(-(resources + 1))
  return last && Date.parse(last.at) + withinMs
}

/** Whether a new entry would hardly prolong the storm. */
function isFresh(asking: Asking[], { resource, storm }: { resource: string; storm: Storm }, nowMs: number): boolean {
  const isYoung = (one: Asking | undefined): boolean => one !== undefined && Date.parse(one.at) > nowMs - RENEW_MS
  return isYoung(asking.at(-(storm.resources + 1))) || isYoung(asking.find((one) => one.resource === resource))
}

function verdictOf(name: string, { since, until }: Lasting): Verdict | undefined {
  if (!since) return undefined
  const reason = `storm in group ${name} since ${since}: ${untilText(name, until)}`
  return { guard: 'storm', says: 'refuse', reason }
}

function untilText(name: string, until: string | undefined): string {
  return `nothing automatic is sent there until ${until}, or longer if more ask, or until POST /groups/${name}/resume`
}
