import { memo } from './memo.ts'

/**
 * Keeps each API of each account below the rate that its cloud takes, so that a storm of runs waits here instead of being
 * refused there. Fair: whoever asks first goes first. It knows of the calls of this process alone.
 */
export interface Limiter {
  /**
   * Takes the next free slot.
   * @param perSecond at most so many slots in any second
   * @param latestMs not later than this (epoch ms)
   * @returns ms to wait for it; undefined = there is none in time, and none was taken
   */
  reserve(account: string, api: string, perSecond: number, nowMs: number, latestMs: number): number | undefined
}

/** A little more than a second: what left evenly may arrive closer together. */
const WINDOW_MS = 1_050

/** More accounts than one process uses, and more APIs than one has; beyond that the counting begins anew. */
const MAX_ACCOUNTS = 100
const MAX_APIS = 100

export function createLimiter(): Limiter {
  const slotsOf = memo(MAX_ACCOUNTS, () => new Map<string, Slots>())
  return {
    reserve: (account, api, perSecond, nowMs, latestMs) => {
      const taken = slotsOf(account)
      const known = taken.get(api)
      // A clock that was set back would make everybody wait for the hours that it lost.
      const slots = known && nowMs > known.seenMs - WINDOW_MS ? known : { at: [], next: 0, seenMs: nowMs }
      slots.seenMs = nowMs
      if (!known && taken.size >= MAX_APIS) taken.clear()
      if (slots !== known) taken.set(api, slots)
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

/** The newest slots, as a ring: a slot is free a second after the one that was taken `perSecond` slots before. */
interface Slots {
  /** Epoch ms, possibly to come. */
  at: number[]
  /** Index of the oldest, once the ring is full. */
  next: number
  /** When a slot was asked for last. */
  seenMs: number
}
