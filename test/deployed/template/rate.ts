/** `rate(5 minutes)` in milliseconds. `cron(…)` has no use here yet and is refused. */
export function rateMs(expression: string, where: string): number {
  const [, count, unit] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? []
  const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[unit ?? '']
  // 2^31 - 1 ms (24.8 days) is the longest timer that Node keeps; a longer one would fire at once.
  const everyMs = Number(count) * (unitMs ?? Number.NaN)
  if (!(everyMs < 2 ** 31)) throw new Error(`${where}: the schedule ${expression} is not supported`)
  return everyMs
}
