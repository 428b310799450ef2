import { instantOf, offsetMs } from '../../sources/local-time.ts'

/** All events of our samples happen on this day, in any zone. Later times in them are expiry dates. */
const SAMPLE_DAY = { fromMs: Date.parse('2026-11-19T12:00:00Z'), untilMs: Date.parse('2026-11-21T12:00:00Z') }

/**
 * ISO 8601 to the minute or finer, with `T` or a blank. Only the years 2020 to 2039: `0001-01-01` and the like are not times.
 */
const WRITTEN =
  /(?<![\d-])(20[23]\d-\d\d-\d\d)([T ])(\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z| ?UTC| ?GMT| ?[+-]\d\d(?::?\d\d)?)?(?![\d:])/g

/** Unix time in seconds or milliseconds, standing alone: not part of an id. */
const COUNTED = /(?<![\w.+/%-])(?:\d{13}|\d{10})(?![\w/%-]|\.\d)/g

/** A number this near to the newest written time is a time; any other is an id. */
const NEAR_MS = 7 * 86_400_000
const YEAR_2020_MS = Date.parse('2020-01-01T00:00:00Z')

/** A time found in a text. */
interface TimeInText {
  atMs: number
  /** Writes the time later, in the same form. @param byMs whole seconds */
  later(byMs: number): string
}

/**
 * Moves the times of a payload so that the newest is now and the distances stay. Moves by whole seconds, so that distances are
 * exact in every form. The rest of the text stays as it is.
 * @param zone IANA zone of times without one
 */
export function movedToNow(text: string, nowMs: number, zone = 'UTC'): { text: string; byMs: number } {
  const writtenTimes = [...text.matchAll(WRITTEN)].flatMap((match) => written(match, zone) ?? [])
  const numbers = [...text.matchAll(COUNTED)].map(([token]) => counted(token))
  const isOfSample = [...writtenTimes, ...numbers].some(
    ({ atMs }) => atMs >= SAMPLE_DAY.fromMs && atMs < SAMPLE_DAY.untilMs,
  )
  // In a capture of another day, future times are expiry dates.
  const untilMs = isOfSample ? SAMPLE_DAY.untilMs : nowMs
  const newest = (times: TimeInText[]): number =>
    Math.max(...times.map(({ atMs }) => atMs).filter((ms) => ms <= untilMs))
  const newestWrittenMs = newest(writtenTimes)
  const fromMs = Number.isFinite(newestWrittenMs) ? newestWrittenMs - NEAR_MS : YEAR_2020_MS
  const newestMs = newest([...writtenTimes, ...numbers.filter(({ atMs }) => atMs >= fromMs)])
  if (!Number.isFinite(newestMs)) return { text, byMs: 0 }

  const byMs = Math.floor((nowMs - newestMs) / 1000) * 1000
  const moved = (token: string, time: TimeInText | undefined, sinceMs: number): string =>
    time && time.atMs >= sinceMs && time.atMs <= untilMs ? time.later(byMs) : token
  const withWritten = text.replace(WRITTEN, (...match: string[]) => moved(match[0] ?? '', written(match, zone), 0))
  return { text: withWritten.replace(COUNTED, (token) => moved(token, counted(token), fromMs)), byMs }
}

/** @returns undefined for a text that only resembles a time */
function written(
  [, date = '', gap = '', minutes = '', seconds = '', fraction = '', offset = '']: string[],
  zone: string,
): TimeInText | undefined {
  const shown = `${date} ${minutes}${seconds || ':00'}`
  const atMs = offset === '' ? instantOf(shown, zone, 0) : instantOf(shown, 'UTC', 0)
  if (atMs === undefined) return undefined
  const secondMs = offset === '' ? atMs : atMs - aheadMs(offset)
  return {
    atMs: secondMs + Math.floor(Number(`0${fraction}`) * 1000),
    later: (byMs) => {
      const ahead = offset === '' ? offsetMs(secondMs + byMs, zone) : aheadMs(offset)
      const iso = new Date(secondMs + byMs + ahead).toISOString()
      return [iso.slice(0, 10), gap, iso.slice(11, 16), seconds && iso.slice(16, 19), fraction, offset].join('')
    },
  }
}

/** @param offset `Z`, `+0800`, `+08:00`, `-05`, ` UTC` */
function aheadMs(offset: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?/.exec(offset) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function counted(token: string): TimeInText {
  const unitMs = token.length === 10 ? 1000 : 1
  return { atMs: Number(token) * unitMs, later: (byMs) => String(Number(token) + byMs / unitMs) }
}
