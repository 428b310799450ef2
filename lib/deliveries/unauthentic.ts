import * as z from 'zod/mini'
import type { Log } from '../runs/ports.ts'
import { record } from '../runs/record.ts'

/** The deliveries to one source on one day (UTC) that failed authentication: one item, however many. */
export const Unauthentic = record({
  id: z.string(),
  kind: z.literal('unauthentic'),
  source: z.string().check(z.describe('Name of the source')),
  day: z.iso.date().check(z.describe('The day, in UTC')),
  count: z
    .int()
    .check(z.describe('A lower bound: each instance of the function adds its own count every ten seconds at most')),
  lastAt: z.string().check(z.describe('When one of the last was received (ISO 8601)')),
  lastFrom: z.string().check(z.describe('The address that it came from')),
  lastReason: z.string().check(z.describe('What was missing or wrong')),
  /** The day's first instant, for the index of recent records. */
  createdAt: z.string(),
  version: z.int(),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.int(),
})
export type Unauthentic = z.infer<typeof Unauthentic>

export const UnauthenticView = z.object(
  z.pick(Unauthentic, { source: true, day: true, count: true, lastAt: true, lastFrom: true, lastReason: true }).shape,
)

export function unauthenticViewOf({ source, day, count, lastAt, lastFrom, lastReason }: Unauthentic) {
  return { source, day, count, lastAt, lastFrom, lastReason }
}

export interface UnauthenticStore {
  get(id: string): Promise<Unauthentic | undefined>
  /** Puts the item if the stored version is one less than its own (1 = there is none yet). @returns false if another worker was faster */
  save(item: Unauthentic): Promise<boolean>
}

interface Ports {
  store: UnauthenticStore
  clock: () => number
  log: Log
}

/** A flood causes one write in ten seconds for each instance of the function, and one item for each source and day. */
const WRITE_EVERY_MS = 10_000

const KEEP_MS = 90 * 24 * 3600 * 1000

interface UnauthenticDelivery {
  source: string
  /** Names the missing or wrong part; never contains a part of the delivery. */
  reason: string
  /** The sender's address. */
  from: string
}

/**
 * Records each delivery that is not authentic: a line in the log, and a count whose cost strangers cannot grow without bound.
 * A count that was not written yet is written with the next one. It never fails.
 */
export function unauthenticCounter({ store, clock, log }: Ports): (delivery: UnauthenticDelivery) => Promise<void> {
  const counts = new Map<string, { waiting: number; writtenAtMs: number }>()
  return async ({ source, reason, from }) => {
    log('warn', 'webhook not authentic', { source, reason, from })
    const nowMs = clock()
    const at = new Date(nowMs).toISOString()
    const day = at.slice(0, 10)
    const id = `unauthentic:${source}:${day}`
    const count = counts.get(id) ?? { waiting: 0, writtenAtMs: Number.NEGATIVE_INFINITY }
    // Other days get no more deliveries.
    if (!counts.has(id)) for (const other of counts.keys()) if (!other.endsWith(day)) counts.delete(other)
    counts.set(id, count)
    count.waiting++
    if (nowMs - count.writtenAtMs < WRITE_EVERY_MS) return
    count.writtenAtMs = nowMs
    const added = count.waiting
    count.waiting = 0
    try {
      const before = await store.get(id)
      const isSaved = await store.save({
        ...{ id, kind: 'unauthentic', source, day, lastAt: at, lastFrom: from, lastReason: reason },
        count: (before?.count ?? 0) + added,
        createdAt: `${day}T00:00:00.000Z`,
        version: (before?.version ?? 0) + 1,
        expiresAtSeconds: Math.floor((nowMs + KEEP_MS) / 1000),
      })
      if (!isSaved) count.waiting += added
    } catch (error) {
      count.waiting += added
      log('warn', 'count of unauthentic webhooks not written', { source, error: String(error) })
    }
  }
}
