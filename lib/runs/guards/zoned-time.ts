/** A moment by the clocks of a zone, for people: `Sat 2026-01-03 02:00 GMT+8 (Asia/Shanghai)`. Seconds only if there are any. */
export function zonedTimeText(ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    // Abbreviations are ambiguous (CST is six hours behind UTC, and eight ahead), and Node knows few of them.
    timeZoneName: 'shortOffset',
  }).formatToParts(ms)
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? ''
  const second = of('second') === '00' ? '' : `:${of('second')}`
  const where = zone === 'UTC' ? 'UTC' : `${of('timeZoneName')} (${zone})`
  return `${of('weekday')} ${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}${second} ${where}`
}
