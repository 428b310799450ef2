/** A local time without a zone. */
const SHOWN = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/

/** Clocks are never changed twice within two days. */
const DAY_MS = 86_400_000

/**
 * Converts a local time `YYYY-MM-DD HH:mm:ss` of a zone. Clocks that are set back show an hour twice: the instant nearer to
 * `nearMs` is used.
 * @param zone IANA, e.g. `Asia/Shanghai`
 * @returns epoch ms; undefined if it is no time, or one that clocks skipped when they were set forward
 */
export function instantOf(text: string, zone: string, nearMs: number): number | undefined {
  const [, date, time] = SHOWN.exec(text) ?? []
  const shownMs = Date.parse(`${date}T${time}Z`)
  // `Date.parse` takes 30 February for a day in March.
  if (Number.isNaN(shownMs) || !new Date(shownMs).toISOString().startsWith(`${date}T${time}`)) return undefined
  const offsets = new Set([shownMs - DAY_MS, shownMs + DAY_MS].map((atMs) => offsetMs(atMs, zone)))
  const [nearest] = [...offsets]
    .map((offset) => shownMs - offset)
    .filter((atMs) => atMs + offsetMs(atMs, zone) === shownMs)
    .sort((a, b) => Math.abs(a - nearMs) - Math.abs(b - nearMs))
  return nearest
}

/** Whether the runtime knows the zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** How far clocks of the zone are ahead of UTC (ms). @param atMs whole seconds */
export function offsetMs(atMs: number, zone: string): number {
  // Making a format takes long, and most times are of UTC.
  if (zone === 'UTC') return 0
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(atMs)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - atMs
}
