import { createRequire } from 'node:module'
import * as z from 'zod'
import type { Recurrence, Window } from '../runs/guards/calendar.ts'
import { type NextStart, recurringSchedule } from '../runs/guards/schedule.ts'
import { instantMs } from '../sources/instant.ts'
import { isZone } from '../sources/local-time.ts'
import { Duration } from './limits.ts'
import { WindowName } from './window-fields.ts'

/** The section `windows` of the rules: times that have a name. */

const ZONE = 'must be an IANA time zone such as Asia/Shanghai'

/** IANA names have an area. The runtime also knows `CST`, as the one of America. */
const Zone = z.string(ZONE).refine((zone) => isZone(zone) && (zone === 'UTC' || zone.includes('/')), ZONE)

const Given = z.strictObject({
  zone: Zone.optional().describe('IANA time zone, e.g. Asia/Shanghai'),
  cron: z.string().max(200).optional().describe('Five fields, by the clocks of the zone'),
  rrule: z.string().max(1000).optional().describe('A line `DTSTART:` and a line `RRULE:`, by the clocks of the zone'),
  for: Duration.refine((ms) => ms > 0, 'must be 1m at least')
    .optional()
    .describe('Elapsed time from each start, e.g. 4h'),
  from: z.string().optional().describe('First instant of a single window, e.g. 2026-12-24T00:00:00Z'),
  to: z.string().optional().describe('End of a single window'),
  reason: z.string().min(1).max(200).optional().describe('For people: verdicts repeat it'),
})
type Given = z.infer<typeof Given>

/** `field` is undefined where the window as a whole is wrong. */
type Fault = { field?: keyof Given; message: string }

/** The windows by name, as the guard takes them. */
export const WindowsSection = z.record(
  WindowName,
  Given.transform((given, { addIssue }): Window => {
    const read = given.from === undefined && given.to === undefined ? recurring(given) : span(given)
    if ('kind' in read) return read
    addIssue({ code: 'custom', path: read.field ? [read.field] : [], message: read.message })
    return z.NEVER
  }),
)

const KINDS = { message: 'must have from and to; or zone, for, and either cron or rrule' }

function span({ zone, from, to, reason, ...rest }: Given): Window | Fault {
  const isOther = Object.values(rest).some((value) => value !== undefined)
  if (from === undefined || to === undefined || isOther) return KINDS
  const fromMs = timeOf(from, zone)
  const untilMs = timeOf(to, zone)
  if (typeof fromMs === 'string') return { field: 'from', message: fromMs }
  if (typeof untilMs === 'string') return { field: 'to', message: untilMs }
  if (untilMs <= fromMs) return { field: 'to', message: 'must be after from' }
  return { kind: 'span', fromMs, untilMs, zone, reason }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/

/** A time that clocks show twice is the first of the two. @returns epoch ms, or why there is none */
function timeOf(text: string, zone: string | undefined): number | string {
  const match = TIME.exec(text)
  if (!match) return 'must be a time such as 2026-12-20T18:00+08:00, or 2026-12-20T18:00 with a zone'
  const isLocal = match[2] === undefined
  if (isLocal && zone === undefined) return 'must have an offset such as +08:00, or the window a zone'
  return instantMs(text, zone === undefined ? {} : { zone }) ?? `there is no such time${isLocal ? ` in ${zone}` : ''}`
}

function recurring({ zone, cron, rrule, for: forMs, reason }: Given): Window | Fault {
  if (zone === undefined || forMs === undefined) return KINDS
  if ((cron === undefined) === (rrule === undefined)) return KINDS
  const recurrence = cron === undefined ? { rrule: rrule ?? '' } : { cron }
  const message = recurrenceFault(recurrence, { zone, forMs })
  if (message !== undefined) return { field: cron === undefined ? 'rrule' : 'cron', message }
  return { kind: 'recurring', zone, ...recurrence, forMs, reason }
}

/** From here on, a recurring window must open, and close again. */
const FIRST_MS = Date.UTC(2000, 0)
const YEAR_MS = 366 * 86_400_000

function recurrenceFault(recurrence: Recurrence, { zone, forMs }: { zone: string; forMs: number }): string | undefined {
  try {
    const starts = startsOf(recurrence, zone)
    const { opens, closes } = recurringSchedule(starts, forMs)
    const opensMs = opens(FIRST_MS)
    if (opensMs === undefined) return 'never comes'
    const limitMs = opensMs + YEAR_MS
    return closes(opensMs, limitMs) > limitMs ? 'would be always open, as `for` lasts until the next start' : undefined
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error)
  }
}

/** The libraries of calendars take 20 to 35 ms and 5 to 8 MB to load: only where a window recurs. The schema cannot wait for an import. */
const require = createRequire(import.meta.url)

function startsOf(recurrence: Recurrence, zone: string): NextStart {
  const { startsInZone } = require('../runs/guards/zone.ts') as typeof import('../runs/guards/zone.ts')
  return startsInZone(wallStarts(recurrence), zone)
}

function wallStarts(recurrence: Recurrence): NextStart {
  if ('cron' in recurrence) {
    const { cronStarts } = require('../runs/guards/cron.ts') as typeof import('../runs/guards/cron.ts')
    return cronStarts(recurrence.cron)
  }
  const { rruleStarts } = require('../runs/guards/rrule.ts') as typeof import('../runs/guards/rrule.ts')
  return rruleStarts(recurrence.rrule)
}
