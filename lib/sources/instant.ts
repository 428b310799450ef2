import { instantOf } from './local-time.ts'

/** ISO 8601, to the minute or closer; the offset with or without a colon, or after a space, as some senders write it. */
const WRITTEN =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$/i

const COUNTED = /^\d{9,20}(?:\.\d{1,9})?$/

/** A number outside of these years is a count of something else. */
const [FIRST_MS, LAST_MS] = [Date.UTC(2000, 0), Date.UTC(2100, 0)]

/** How many of them a ms has: epoch seconds, ms, µs, ns. No number is an instant of the years above in two of them. */
const UNITS = [0.001, 1, 1_000, 1_000_000]

export interface TimeContext {
  /** IANA, e.g. `Asia/Shanghai`: of times that are written without an offset. Without it, those cannot be read. */
  zone?: string
  /** Clocks that are set back show an hour twice: the instant that is nearer to this is meant (epoch ms). */
  nearMs?: number
}

/**
 * The one reader of times, for all sources: ISO 8601 in its spellings, epoch seconds or ms, as a number or as text.
 * @returns epoch ms; undefined where it is no time, or stands for none (`0001-01-01`)
 */
export function instantMs(value: unknown, { zone, nearMs = 0 }: TimeContext = {}): number | undefined {
  if (typeof value === 'number') return countedMs(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (COUNTED.test(text)) return countedMs(Number(text))
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset] = WRITTEN.exec(text) ?? []
  if (year === undefined) return undefined
  const clock = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const ms = offset === undefined ? zone && instantOf(clock, zone, nearMs) : withOffset(clock, offset)
  if (typeof ms !== 'number') return undefined
  const exact = ms + Number(fraction.padEnd(3, '0').slice(0, 3))
  return exact > 0 ? exact : undefined
}

function countedMs(count: number): number | undefined {
  return UNITS.map((perMs) => Math.round(count / perMs)).find((ms) => ms >= FIRST_MS && ms < LAST_MS)
}

/** @param offset `Z`, `UTC`, `+08`, `+0800`, `+08:00` */
function withOffset(clock: string, offset: string): number | undefined {
  const ms = Date.parse(`${clock}Z`)
  // 30 February is parsed, as a day in March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(clock)) return undefined
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? []
  if (sign === undefined) return ms
  if (Number(hours) > 15 || Number(minutes) > 59) return undefined
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '+' ? ms - ahead : ms + ahead
}

/** Older than any rule takes: nothing may run by the time of an event whose time cannot be read. */
const NO_TIME = '1970-01-01T00:00:00.000Z'

/** When something happened, as alarms and tickets have it. */
export interface When {
  /** ISO 8601. */
  occurredAt: string
  /** The time as it was sent, where it cannot be read; bounded. A rule that fits is refused, and people are told. */
  unreadTime?: string
}

/** @param ms as read; @param written as it was sent */
export function whenOf(ms: number | undefined, written: unknown): When {
  if (ms !== undefined && !Number.isNaN(new Date(ms).getTime())) return { occurredAt: new Date(ms).toISOString() }
  return { occurredAt: NO_TIME, unreadTime: written === undefined ? 'none' : shown(written) }
}

const MAX_SHOWN = 60

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : writtenJson(value)
  return text.slice(0, MAX_SHOWN).toWellFormed() || 'empty'
}

/** Events of AWS are not bounded in depth: some can be read, but not written. */
function writtenJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'none'
  } catch {
    return 'nested too deep'
  }
}
