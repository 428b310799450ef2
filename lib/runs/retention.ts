import type { DeadLetter } from './dead-letter.ts'

/** When records may be deleted (epoch seconds). Runs and deliveries carry that date themselves. */

const DAY_MS = 24 * 3600 * 1000

/** A lease that nobody asked for in so long is deleted. */
const KEEP_LEASE_MS = 7 * DAY_MS

/** As long as the logs: time enough to find out why a message failed. */
const KEEP_DEAD_LETTER_MS = 90 * DAY_MS

/** What is carried out once a year is still known. */
const KEEP_DURATIONS_MS = 400 * DAY_MS

export function leaseExpiresAtSeconds({ until }: { until: string }): number {
  return secondsAfter(until, KEEP_LEASE_MS)
}

export function deadLetterExpiresAtSeconds({ at }: Pick<DeadLetter, 'at'>): number {
  return secondsAfter(at, KEEP_DEAD_LETTER_MS)
}

/** For the record of a notification. @param at when it happened (ISO 8601) */
export function outcomeExpiresAtSeconds(at: string): number {
  return secondsAfter(at, KEEP_DEAD_LETTER_MS)
}

/** For the durations of runs of one kind. @param at when the newest of them ended (ISO 8601) */
export function durationsExpiresAtSeconds(at: string): number {
  return secondsAfter(at, KEEP_DURATIONS_MS)
}

/** @param at when the sweep began (ISO 8601) */
export function sweepExpiresAtSeconds(at: string): number {
  return secondsAfter(at, KEEP_LEASE_MS)
}

function secondsAfter(instant: string, ms: number): number {
  return Math.ceil((Date.parse(instant) + ms) / 1000)
}
