import * as z from 'zod/mini'
import { boundedText } from '../basics/bounded-text.ts'
import { record } from './record.ts'

/** The changes of a run at one time. A field that is absent had not changed. */
export const TimelineEntry = record({
  at: z.iso
    .datetime()
    .check(z.describe('When it was written. Clocks of hosts may be apart: the order is that of the list')),
  // No enum: a state that a later release adds must not make the record unreadable for this one.
  state: z.optional(z.string()).check(z.describe('The new state, as in `state` of the run')),
  observed: z.optional(z.string()).check(z.describe('The new observation, as in `progress.lastObserved`')),
  jobId: z.optional(z.string()).check(z.describe("The provider's own job, once it is known")),
  attachedTo: z.optional(z.string()).check(z.describe('The run that it joined')),
  doubt: z
    .optional(z.string())
    .check(z.describe('Why it was not known whether it had begun, e.g. that the answer was lost')),
  leftOut: z
    .optional(z.int())
    .check(z.describe('How many entries were left out just before this one, which then includes their latest values')),
})
export type TimelineEntry = z.infer<typeof TimelineEntry>

/** The fields of a run that its timeline follows. */
interface Timed {
  state: string
  progress: { lastObserved?: string | undefined }
  job?: { id: string } | undefined
  attachedTo?: string | undefined
  doubt?: { message: string } | undefined
  timeline?: TimelineEntry[] | undefined
}

/** Longer than the texts of clouds; errors that contain a page are cut. 50 entries have 15 KB at most, where texts are plain. */
const MAX_TEXT_BYTES = 300

/** The timeline with one more entry, if anything is new. A repeat adds nothing. */
export function extendTimeline(
  { timeline = [], state, progress, job, attachedTo, doubt }: Timed,
  at: string,
): TimelineEntry[] {
  const known: Record<string, unknown> = Object.assign({}, ...timeline)
  const now = { state, observed: progress.lastObserved, jobId: job?.id, attachedTo, doubt: doubt?.message }
  const news = Object.entries(now).flatMap(([name, text]) => {
    const value = text === undefined ? known[name] : boundedText(text, MAX_TEXT_BYTES)
    return value === known[name] ? [] : [[name, value]]
  })
  return news.length > 0 ? bounded([...timeline, { at, ...Object.fromEntries(news) }]) : timeline
}

/** The first entries show how it was requested and sent, the newest how it ended: those between are left out first. */
const FIRST = 10
const NEWEST = 40

/** The entry after the gap takes over the latest values of those left out, or they would seem new the next time. */
function bounded(entries: TimelineEntry[]): TimelineEntry[] {
  const [next, ...rest] = entries.slice(FIRST).slice(-NEWEST)
  const gap = entries.slice(FIRST, -NEWEST)
  if (!next || gap.length === 0) return entries
  const leftOut = [...gap, next].reduce((sum, one) => sum + (one.leftOut ?? 0), gap.length)
  return [...entries.slice(0, FIRST), { ...Object.assign({}, ...gap), ...next, leftOut }, ...rest]
}
