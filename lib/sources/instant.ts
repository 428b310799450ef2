import { instantOf } from './local-time.ts'
import { writtenJson } from './written-json.ts'

/** ISO 8601 to the minute or closer; some senders write the offset without a colon, or after a space. */
const WRITTEN =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$/i

const COUNTED = /^\d{9,20}(?:\.\d{1,9})?$/

/** A number outside these years counts something else. */
const [FIRST_MS, LAST_MS] = [Date.UTC(2000, 0), Date.UTC(2100, 0)]

/** Units per ms: epoch seconds, ms, µs, ns. No number is in the years above in two of these units. */
const UNITS = [0.001, 1, 1_000, 1_000_000]

export interface TimeContext {
  /** IANA zone, e.g. `Asia/Shanghai`, of times without an offset; without a zone, they cannot be read. */
  zone?: string
  /** Epoch ms. Clocks that are set back show an hour twice: the instant nearer to this is used. */
  nearMs?: number
}

/**
 * Reads a time of any source: ISO 8601 in its spellings, or epoch seconds, ms, µs or ns, as a number or text.
 * @returns epoch ms; undefined if it is no time, or a placeholder for none (`0001-01-01`)
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
  // `Date.parse` takes 30 February for a day in March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(clock)) return undefined
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? []
  if (sign === undefined) return ms
  if (Number(hours) > 15 || Number(minutes) > 59) return undefined
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '+' ? ms - ahead : ms + ahead
}

/** Older than any rule accepts: an event whose time cannot be read must start nothing. */
const NO_TIME = '1970-01-01T00:00:00.000Z'

/** Time of an alarm or a ticket event. */
export interface When {
  /** ISO 8601. */
  occurredAt: string
  /** The time as sent, bounded; only if it cannot be read. A matching rule is then refused, and people are notified. */
  unreadTime?: string
}

/** @param ms the time, if it could be read @param written the time as sent */
export function whenOf(ms: number | undefined, written: unknown): When {
  if (ms !== undefined && !Number.isNaN(new Date(ms).getTime())) return { occurredAt: new Date(ms).toISOString() }
  return { occurredAt: NO_TIME, unreadTime: written === undefined ? 'none' : shown(written) }
}

const MAX_SHOWN = 60

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (writtenJson(value) ?? 'nested too deep')
  return text.slice(0, MAX_SHOWN).toWellFormed() || 'empty'
}
