import type { Result } from '../runs/delivery.ts'
import type { Alarm } from './alarm.ts'
import type { ApprovalDenial, EventReceiving } from './decide.ts'
import { canBeHandedOn } from './hand-on.ts'
import type { Reading } from './source.ts'

/** So many at a time: a delivery may tell of hundreds of alarms, and is to be answered in seconds. */
const WIDTH = 10

export interface Decided {
  results: Result[]
  /** Alarms for which there was no time. */
  left: Alarm[]
  /** Of those that could not be decided, and may be the next time. */
  failed: unknown[]
}

interface DecideAllOptions {
  untilMs?: number
  approvalDenial?: ApprovalDenial | undefined
}

/**
 * Decides all of them, also where one fails: nothing goes on behind the answer, where Lambda would freeze it.
 * @param untilMs when no more alarms are begun (epoch ms); the first ten always are
 */
export async function decideAll(
  { decide, ports }: EventReceiving,
  readings: Reading[],
  { untilMs = Number.POSITIVE_INFINITY, approvalDenial }: DecideAllOptions = {},
): Promise<Decided> {
  const decided: Decided = { results: [], left: [], failed: [] }
  for (let from = 0; from < readings.length; from += WIDTH) {
    const isLate = from > 0 && ports.clock() >= untilMs
    const some = readings.slice(from, from + WIDTH)
    const now = isLate ? some.filter((reading) => !isHandedOn(reading)) : some
    if (isLate) decided.left.push(...some.filter(isHandedOn).map(({ alarm }) => alarm))
    for (const one of await Promise.allSettled(now.map((reading) => decide(reading, approvalDenial)))) {
      if (one.status === 'fulfilled') decided.results.push(one.value)
      else decided.failed.push(one.reason)
    }
  }
  return decided
}

function isHandedOn(reading: Reading): reading is { alarm: Alarm } {
  return 'alarm' in reading && canBeHandedOn(reading.alarm)
}
