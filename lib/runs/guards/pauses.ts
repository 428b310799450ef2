import * as z from 'zod/mini'
import { record } from '../record.ts'
import { plusMs } from '../schedule.ts'
import type { Announcement } from './announcement.ts'
import {
  changeGuard,
  type GuardKind,
  type GuardPorts,
  GuardRecord,
  readGuard,
  type TellingPorts,
  tellOutbox,
} from './guard-record.ts'
import type { Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** A person stops new sends. What was sent is followed to its end. */

export const PAUSE_SCOPES = ['rule', 'group', 'resource', 'operation'] as const

export const Pause = record({
  id: z.string().check(z.describe('Id of the pause')),
  scope: z
    .string()
    .check(z.describe('`all`, or `rule:<name>`, `group:<name>`, `resource:<resource>`, `operation:<name>`')),
  reason: z.string().check(z.describe('Why')),
  by: z.string().check(z.describe('Who paused')),
  from: z.iso.datetime().check(z.describe('Since when')),
  until: z.optional(z.iso.datetime()).check(z.describe('When it lapses; absent where a person must end it')),
  usedAt: z.optional(z.iso.datetime()).check(z.describe('When it first kept a run waiting')),
})
export type Pause = z.infer<typeof Pause>

const Pauses = record({ ...GuardRecord.shape, pauses: z.array(Pause) })
type Pauses = z.infer<typeof Pauses>

const KIND: GuardKind<Pauses> = {
  schema: Pauses,
  initial: { pauses: [] },
  dueAt: ({ pauses }) => pauses.flatMap(({ until }) => until ?? []).sort()[0],
}
const PAUSES = { id: 'guard:pauses', kind: KIND }

export const PAUSE_ID = /^pause_[0-9a-f]{16}$/

/** More are a mistake: each send reads them. */
export const MAX_PAUSES = 50

/** The pauses in force, oldest first. */
export async function pausesInForce(ports: GuardPorts): Promise<Pause[]> {
  const { pauses } = await readGuard(ports, PAUSES)
  return pauses.filter((pause) => isInForce(pause, ports.clock()))
}

function isInForce({ until }: Pause, nowMs: number): boolean {
  return until === undefined || Date.parse(until) > nowMs
}

/** The pause that keeps a run from being sent; of several, the one that lasts longest. Pure. */
export function pauseOf(pauses: readonly Pause[], subject: Subject): Pause | undefined {
  const fits = pauses.filter(({ scope }) => subject.scopes.includes(scope))
  return fits.toSorted((a, b) => ((a.until ?? ENDLESS) < (b.until ?? ENDLESS) ? 1 : -1))[0]
}
const ENDLESS = '9999'

export function pauseVerdict(pause: Pause | undefined): Verdict | undefined {
  if (!pause) return undefined
  const { id, scope, by, reason, until } = pause
  const end = until ? `until ${until}` : 'until a person ends it'
  const text = `${scope} is paused by ${by} ${end} (${id}): ${reason}`
  return { guard: 'pause', says: 'wait', reason: text, ...(until ? { until } : {}) }
}

/** @returns undefined where there are too many */
export async function addPause(
  ports: TellingPorts,
  { id, scope, reason, by, until }: Omit<Pause, 'from' | 'usedAt'>,
): Promise<Pause | undefined> {
  return changeGuard(ports, PAUSES, ({ pauses }, nowMs) => {
    const known = pauses.find((one) => one.id === id)
    if (known) return { answer: known }
    const kept = pauses.filter((one) => isInForce(one, nowMs))
    if (kept.length >= MAX_PAUSES) return { answer: undefined }
    const pause: Pause = { id, scope, reason, by, from: plusMs(nowMs, 0), ...(until ? { until } : {}) }
    const text = `${by} paused ${scope} ${until ? `until ${until}` : 'until it is ended'}: ${reason}`
    const announce = [told('pause.began', pause, { reason: text, at: pause.from, by })]
    return { write: { pauses: [...kept, pause] }, announce, answer: pause }
  })
}

/** @returns the pause that was ended; undefined where there is none of that id */
export async function endPause(ports: TellingPorts, id: string, by: string): Promise<Pause | undefined> {
  return changeGuard(ports, PAUSES, ({ pauses }, nowMs) => {
    const ended = pauses.find((one) => one.id === id)
    if (!ended) return { answer: undefined }
    const reason = `${by} ended the pause of ${ended.scope}`
    const announce = [told('pause.ended', ended, { reason, at: plusMs(nowMs, 0), by })]
    return { write: { pauses: pauses.filter((one) => one !== ended) }, announce, answer: ended }
  })
}

/** Ends the pauses that have lapsed, and tells people. */
export async function tendPauses(ports: TellingPorts): Promise<void> {
  await changeGuard(ports, PAUSES, ({ pauses }, nowMs) => {
    const lapsed = pauses.filter((one) => !isInForce(one, nowMs))
    if (lapsed.length === 0) return { answer: undefined }
    const announce = lapsed.map((one) =>
      told('pause.ended', one, { reason: `the pause of ${one.scope} has lapsed: runs go on`, at: one.until ?? '' }),
    )
    return { write: { pauses: pauses.filter((one) => !lapsed.includes(one)) }, announce, answer: undefined }
  })
  await tellOutbox(ports, PAUSES)
}

/** People are told once that a pause keeps a run waiting. */
export async function notePauseUsed(ports: TellingPorts, pause: Pause, runId: string): Promise<void> {
  if (pause.usedAt) return
  await changeGuard(ports, PAUSES, ({ pauses }, nowMs) => {
    const known = pauses.find(({ id }) => id === pause.id)
    if (!known || known.usedAt) return { answer: undefined }
    const usedAt = plusMs(nowMs, 0)
    const reason = `run ${runId} waits for the end of the pause of ${known.scope}: ${known.reason}`
    const announce = [{ ...told('pause.used', known, { reason, at: usedAt }), runIds: [runId] }]
    return {
      write: { pauses: pauses.map((one) => (one === known ? { ...one, usedAt } : one)) },
      announce,
      answer: undefined,
    }
  })
}

function told(
  type: Announcement['type'],
  { id }: Pause,
  more: Pick<Announcement, 'reason' | 'at' | 'by'>,
): Announcement {
  return { type, key: `pause/${id}/${type}`, of: `pause/${id}`, ...more }
}
