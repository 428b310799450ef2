import { Temporal } from 'temporal-polyfill' // Node 24 has no Temporal
import type { NextStart } from './schedule.ts'

/**
 * Starts by the clocks of a zone, as instants. A start that clocks skip, as they are set forward, is the first instant after
 * it. One that they show twice, as they are set back, is the first of the two.
 * @param wallStarts starts by the clock alone: what it shows, read as if it were UTC
 * @param zone IANA, e.g. `Asia/Shanghai`
 */
export function startsInZone(wallStarts: NextStart, zone: string): NextStart {
  return (afterMs) => {
    const atMs = (wallMs: number | undefined) => (wallMs === undefined ? undefined : instantOf(wallMs, zone))
    let wallMs = wallStarts(wallClock(afterMs, zone))
    let startMs = atMs(wallMs)
    // While clocks show an hour for the second time, its starts are past.
    while (wallMs !== undefined && startMs !== undefined && startMs <= afterMs) {
      wallMs = wallStarts(wallMs)
      startMs = atMs(wallMs)
    }
    return startMs
  }
}

function wallClock(ms: number, zone: string): number {
  const { offsetNanoseconds } = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
  return ms + offsetNanoseconds / 1_000_000
}

function instantOf(wallMs: number, zone: string): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime()
  const at = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (at.toPlainDateTime().equals(wall)) return at.epochMilliseconds
  // A skipped time: `earlier` is as far before the change of the clocks as it would be after.
  return (at.getTimeZoneTransition('next') ?? at).epochMilliseconds
}
