import { memo } from './memo.ts'

/**
 * Keeps each API of each account below its cloud's rate limit, so that a burst of runs waits here and is not refused there.
 * First come, first served. It counts the calls of this process alone.
 */
export interface Limiter {
  /** Takes the next free slot. @returns ms to wait for it; undefined = none is free in time, and none was taken */
  reserve(wanted: Slot): number | undefined
}

interface Slot {
  account: string
  api: string
  /** Slots in any second, at most. */
  perSecond: number
  nowMs: number
  /** Latest time of the slot (epoch ms). */
  latestMs: number
}

/** More than a second: calls that left evenly may arrive closer together. */
const WINDOW_MS = 1_050

/** More accounts than one process uses, and more APIs than one account calls; beyond that the counting begins anew. */
const MAX_ACCOUNTS = 100
const MAX_APIS = 100

export function createLimiter(): Limiter {
  const slotsOf = memo(MAX_ACCOUNTS, () => new Map<string, Slots>())
  return {
    reserve: ({ account, api, perSecond, nowMs, latestMs }) => {
      const byApi = slotsOf(account)
      const known = byApi.get(api)
      // After a clock was set back, old slots would make everybody wait for hours.
      const slots = known && nowMs > known.seenMs - WINDOW_MS ? known : { at: [], next: 0, seenMs: nowMs }
      slots.seenMs = nowMs
      if (!known && byApi.size >= MAX_APIS) byApi.clear()
      if (slots !== known) byApi.set(api, slots)
      const isFull = slots.at.length >= perSecond
      const oldest = isFull ? (slots.at[slots.next] ?? 0) : 0
      const slot = Math.max(nowMs, oldest && oldest + WINDOW_MS)
      if (slot > latestMs) return undefined
      slots.at[isFull ? slots.next : slots.at.length] = slot
      if (isFull) slots.next = (slots.next + 1) % perSecond
      return slot - nowMs
    },
  }
}

/** The newest slots of an API, as a ring: a slot is free a second after the one that was taken `perSecond` slots before. */
interface Slots {
  /** Epoch ms; some may lie in the future. */
  at: number[]
  /** Index of the oldest, once the ring is full. */
  next: number
  /** Time of the last request for a slot (epoch ms). */
  seenMs: number
}
