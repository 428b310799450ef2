import { expect, test } from 'vitest'
import { calendarOf, type Window } from '../../../lib/runs/guards/calendar.ts'
import { windowVerdict } from '../../../lib/runs/guards/windows.ts'
import { seeded } from '../../chance.ts'

/** The guard beside a scan of each minute of a year, for random windows. The scan knows calendars by `Date` and `Intl` only. */

const MINUTE_MS = 60_000
const DAY = 1440
const YEAR = 366 * DAY

/** With gaps and folds of an hour and of 30 minutes, at night and at midnight, in both halves of the year, and without any. */
const ZONES = [
  ...['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'Europe/Berlin', 'Europe/London', 'America/New_York'],
  ...[
    'America/Santiago',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Africa/Casablanca',
    'Asia/Beirut',
  ],
]

/** A moment on a clock, and its number of minutes. */
interface Wall {
  minutes: number
  day: number
  month: number
  weekday: number
  /** Days, and months, since 1970. */
  days: number
  months: number
  daysOfMonth: number
}

function wallOf(minutes: number): Wall {
  const date = new Date(minutes * MINUTE_MS)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return {
    minutes,
    day: date.getUTCDate(),
    month: month + 1,
    weekday: date.getUTCDay(),
    days: Math.floor(minutes / DAY),
    months: year * 12 + month,
    daysOfMonth: new Date(Date.UTC(year, month + 1, 0)).getUTCDate(),
  }
}

/** A window, and whether it starts at a day and minute of the clock. */
interface Scanned {
  window: Window
  startsOn?: (wall: Wall) => boolean
  timesOfDay?: number[]
}

type Pick = <One>(of: readonly One[]) => One

function randomCron(pick: Pick, upTo: (max: number) => number) {
  const minute = upTo(60)
  const hours = pick([[upTo(24)], [2], [0], [1, 2, 3], [0, 12], [...Array(24).keys()]])
  const days = pick([undefined, undefined, [1 + upTo(28)], [29], [1, 15, 31]])
  const months = pick([undefined, undefined, undefined, [2], [3, 10], [1 + upTo(12)]])
  const weekdays = days ? undefined : pick([undefined, [1, 2, 3, 4, 5], [6], [0], [upTo(7)]])
  const text = [minute, hours, days ?? '*', months ?? '*', weekdays ?? '*'].join(' ')
  const startsOn = ({ day, month, weekday }: Wall): boolean =>
    (days?.includes(day) ?? true) && (months?.includes(month) ?? true) && (weekdays?.includes(weekday) ?? true)
  return { recurrence: { cron: text }, startsOn, timesOfDay: hours.map((hour) => hour * 60 + minute) }
}

const NAMES = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

function randomRrule(pick: Pick, upTo: (max: number) => number, aroundMinutes: number) {
  const timeOfDay = pick([upTo(DAY), 2 * 60 + upTo(60), upTo(60)])
  const interval = 1 + upTo(3)
  const weekday = upTo(7)
  const day = 1 + upTo(31)
  const seen = wallOf(aroundMinutes - upTo(800) * DAY)
  const forms: { text: string; fits: (wall: Wall) => boolean; steps: (a: Wall, b: Wall) => number }[] = [
    { text: 'FREQ=DAILY', fits: () => true, steps: (a, b) => b.days - a.days },
    {
      text: `FREQ=WEEKLY;BYDAY=${NAMES[weekday]};WKST=MO`,
      fits: (wall) => wall.weekday === weekday,
      steps: (a, b) => (b.days - a.days) / 7,
    },
    {
      text: `FREQ=MONTHLY;BYDAY=-1${NAMES[weekday]}`,
      fits: (wall) => wall.weekday === weekday && wall.day > wall.daysOfMonth - 7,
      steps: (a, b) => b.months - a.months,
    },
    {
      text: `FREQ=MONTHLY;BYMONTHDAY=${day}`,
      fits: (wall) => wall.day === day,
      steps: (a, b) => b.months - a.months,
    },
  ]
  const { text, fits, steps } = pick(forms)
  let first = wallOf(seen.days * DAY + timeOfDay)
  while (!fits(first)) first = wallOf(first.minutes + DAY)
  const startsOn = (wall: Wall): boolean => wall.days >= first.days && fits(wall) && steps(first, wall) % interval === 0
  const dtstart = new Date(first.minutes * MINUTE_MS).toISOString().replace(/[-:]|\.000Z/g, '')
  return {
    recurrence: { rrule: `DTSTART:${dtstart}\nRRULE:${text};INTERVAL=${interval}` },
    startsOn,
    timesOfDay: [timeOfDay],
  }
}

function randomWindow(random: () => number, nowMs: number, usualZone: string): Scanned {
  const upTo = (max: number): number => Math.floor(random() * max)
  const pick: Pick = (of) => of[upTo(of.length)] as (typeof of)[number]
  const nowMinutes = Math.floor(nowMs / MINUTE_MS)
  if (random() < 0.25) {
    const from = nowMinutes + upTo(60 * DAY) - 30 * DAY
    const until = from + 1 + upTo(pick([60, DAY, 60 * DAY]))
    return { window: { kind: 'span', fromMs: from * MINUTE_MS, untilMs: until * MINUTE_MS } }
  }
  const { recurrence, ...starts } = random() < 0.6 ? randomCron(pick, upTo) : randomRrule(pick, upTo, nowMinutes)
  const forMinutes = 1 + upTo(pick([30, 90, 300, DAY, 7 * DAY]))
  return {
    window: {
      kind: 'recurring',
      zone: random() < 0.7 ? usualZone : pick(ZONES),
      ...recurrence,
      forMs: forMinutes * MINUTE_MS,
    },
    ...starts,
  }
}

/** Minutes by which the clocks of a zone are ahead of UTC. Clocks change at a quarter of an hour, at most once a day. */
function offsetsIn(zone: string): (minutes: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const read = (minutes: number): number => {
    const [, sign = '+', hours = '0', rest = '0'] =
      /GMT([+-])(\d\d):(\d\d)/.exec(format.format(minutes * MINUTE_MS)) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(rest))
  }
  const quartersOfDay = (day: number): number[] => {
    const [first, next] = [read(day * DAY), read((day + 1) * DAY)]
    const quarters = [...Array(DAY / 15).keys()]
    return quarters.map((quarter) => (first === next ? first : read(day * DAY + quarter * 15)))
  }
  const days = new Map<number, number[]>()
  return (minutes) => {
    const day = Math.floor(minutes / DAY)
    const quarters = days.get(day) ?? quartersOfDay(day)
    days.set(day, quarters)
    return quarters[Math.floor((minutes - day * DAY) / 15)] ?? 0
  }
}

const OFFSETS = new Map(ZONES.map((zone) => [zone, offsetsIn(zone)]))

/** For each minute from `from`, whether the window is open in it. */
function scan({ window, startsOn, timesOfDay = [] }: Scanned, from: number, count: number): Uint8Array {
  const open = new Uint8Array(count)
  if (window.kind === 'span') {
    const [first, last] = [window.fromMs / MINUTE_MS - from, window.untilMs / MINUTE_MS - from]
    return open.fill(1, Math.max(0, first), Math.max(0, last))
  }
  const offset = OFFSETS.get(window.zone) ?? (() => 0)
  const days = new Map<number, boolean>()
  const startsAt = (wallMinutes: number): boolean => {
    const day = Math.floor(wallMinutes / DAY)
    if (!timesOfDay.includes(wallMinutes - day * DAY)) return false
    const known = days.get(day) ?? startsOn?.(wallOf(wallMinutes)) ?? false
    days.set(day, known)
    return known
  }
  let shown = from + offset(from) - 1
  for (let minute = 0; minute < count; minute++) {
    const wall = from + minute + offset(from + minute)
    // What was skipped starts now; what was shown before has had its start.
    for (; shown < wall; shown++) {
      if (startsAt(shown + 1)) open.fill(1, minute, Math.min(count, minute + window.forMs / MINUTE_MS))
    }
  }
  return open
}

/** Longer than any window lasts. */
const BEFORE = 8 * DAY

function scannedUntil(named: Record<'only' | 'never', Scanned[]>, nowMs: number): number | undefined {
  // Most open soon.
  const minute = scannedMinute(named, nowMs, 10 * DAY) ?? scannedMinute(named, nowMs, YEAR)
  const ms = minute === undefined ? undefined : Math.max(nowMs, minute * MINUTE_MS)
  return ms === undefined || ms > nowMs + YEAR * MINUTE_MS ? undefined : ms
}

function scannedMinute(
  { only, never }: Record<'only' | 'never', Scanned[]>,
  nowMs: number,
  ahead: number,
): number | undefined {
  const from = Math.floor(nowMs / MINUTE_MS) - BEFORE
  const all = (some: Scanned[]) => some.map((one) => scan(one, from, BEFORE + ahead + 1))
  const [opens, forbids] = [all(only), all(never)]
  for (let minute = BEFORE; minute <= BEFORE + ahead; minute++) {
    const isOpen = opens.length === 0 || opens.some((one) => one[minute] === 1)
    if (isOpen && !forbids.some((one) => one[minute] === 1)) return from + minute
  }
  return undefined
}

/** A moment of some year, or near a change of clocks. Samoa skipped a day at the end of 2011. */
function randomMoment(zone: string, random: () => number, isNear: boolean): number {
  const year = [2011, 2018, 2024, 2026, 2027][Math.floor(random() * 5)] ?? 2026
  const first = Date.UTC(year, 0) / MINUTE_MS
  const offset = OFFSETS.get(zone) ?? (() => 0)
  const quarters = Array.from({ length: 366 * 96 }, (_, index) => first + index * 15)
  const changes = isNear ? quarters.filter((minutes) => offset(minutes) !== offset(minutes + 15)) : []
  const change = changes[Math.floor(random() * changes.length)]
  const minutes = change === undefined ? first + random() * 365 * DAY : change + 15 + (random() - 0.5) * 150
  return Math.floor(minutes * MINUTE_MS)
}

/** Compares the guard with the scan. @returns what the guard says */
async function compare({ only, never }: Record<'only' | 'never', Scanned[]>, nowMs: number): Promise<string> {
  const windows = Object.fromEntries([...only, ...never].map(({ window }, index) => [`w${index}`, window]))
  const names = Object.keys(windows)
  const rule = { only: names.slice(0, only.length), never: names.slice(only.length), outside: 'wait' } as const
  const verdict = windowVerdict(rule, await calendarOf(windows), nowMs)
  const untilMs = scannedUntil({ only, never }, nowMs)
  const expected = untilMs === undefined ? 'refuse' : untilMs === nowMs ? 'allow' : new Date(untilMs).toISOString()
  const at = new Date(nowMs).toISOString()
  expect({ at, windows, rule, says: verdict.until ?? verdict.says }).toEqual({ at, windows, rule, says: expected })
  return verdict.says
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

test.for(seeds(12))('the guard and a scan of each minute agree (seed %d)', async (seed) => {
  const random = seeded(seed)
  const said = new Set<string>()
  for (let one = 0; one < 12; one++) {
    const zone = ZONES[Math.floor(random() * ZONES.length)] ?? 'UTC'
    const nowMs = randomMoment(zone, random, one % 2 === 0)
    const some = () => Array.from({ length: Math.floor(random() * 3) }, () => randomWindow(random, nowMs, zone))
    said.add(await compare({ only: some(), never: some() }, nowMs))
  }
  expect(said).toContain('wait')
})

test.for(seeds(12))('they agree on daily windows around a change of clocks (seed %d)', async (seed) => {
  const random = seeded(seed)
  const upTo = (max: number): number => Math.floor(random() * max)
  const said = new Set<string>()
  for (let one = 0; one < 40; one++) {
    const zone = ZONES.slice(3)[upTo(ZONES.length - 3)] ?? 'Europe/Berlin'
    const nowMs = randomMoment(zone, random, true)
    const minutes = Math.floor(nowMs / MINUTE_MS)
    const wall = minutes + (OFFSETS.get(zone)?.(minutes) ?? 0)
    const hour = (Math.floor((wall % DAY) / 60) + 23 + upTo(3)) % 24
    const minute = upTo(60)
    const cron = `${minute} ${hour} * * *`
    const window: Window = { kind: 'recurring', zone, cron, forMs: (1 + upTo(60)) * MINUTE_MS }
    const scanned: Scanned = { window, startsOn: () => true, timesOfDay: [hour * 60 + minute] }
    const [only, never] = upTo(2) === 0 ? [[scanned], []] : [[], [scanned]]
    said.add(await compare({ only, never }, nowMs))
  }
  expect([...said].sort()).toEqual(['allow', 'wait'])
})
