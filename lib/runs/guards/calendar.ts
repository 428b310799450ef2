import { recurringSchedule, type Schedule, spanSchedule } from './schedule.ts'

/** A time that people have named. `reason` is for people. JSON, as it travels with the rules. */
export type Window =
  | ({ kind: 'recurring'; zone: string; forMs: number; reason?: string | undefined } & Recurrence)
  /** `zone` is only that of its texts. */
  | { kind: 'span'; fromMs: number; untilMs: number; zone?: string | undefined; reason?: string | undefined }
export type Windows = Readonly<Record<string, Window>>

/** Times are those of the zone. `rrule` has a line `DTSTART:` and a line `RRULE:`. */
export type Recurrence = { cron: string } | { rrule: string }

export interface NamedSchedule extends Schedule {
  name: string
  zone: string
  reason: string | undefined
}

/** The windows by name, ready to be asked. Nothing of it is loaded or waited for any more. */
export type Calendar = ReadonlyMap<string, NamedSchedule>

/** Loads the libraries of calendars and time zones, if a window recurs. To be called once for the windows of a process. */
export async function calendarOf(windows: Windows): Promise<Calendar> {
  const named = Object.entries(windows).map(async ([name, window]) => {
    const { zone = 'UTC', reason } = window
    return [name, { ...(await scheduleOf(window)), name, zone, reason }] as const
  })
  return new Map(await Promise.all(named))
}

async function scheduleOf(window: Window): Promise<Schedule> {
  if (window.kind === 'span') return spanSchedule(window)
  const { startsInZone } = await import('./zone.ts')
  const starts =
    'cron' in window
      ? (await import('./cron.ts')).cronStarts(window.cron)
      : (await import('./rrule.ts')).rruleStarts(window.rrule)
  return recurringSchedule(startsInZone(starts, window.zone), window.forMs)
}
