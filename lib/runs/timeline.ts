import * as z from 'zod'
import { boundedText } from '../basics/bounded-text.ts'
import { record } from './record.ts'

/** What was new of a run at one time. A field that is absent had not changed. */
export const TimelineEntry = record({
  at: z.iso.datetime().describe('When it was written. Clocks of hosts may be apart: the order is that of the list'),
  // No enum: a state that a later release adds must not make the record unreadable for this one.
  state: z.string().optional().describe('The state that the run came into, as in its `state`'),
  observed: z
    .string()
    .optional()
    .describe('The observation that differed from the one before it, as in `progress.lastObserved`'),
  jobId: z.string().optional().describe("The provider's own job, from when it was known"),
  attachedTo: z.string().optional().describe('The run that it joined'),
  doubt: z.string().optional().describe('Why it was not known whether it had begun, e.g. that the answer was lost'),
  leftOut: z
    .number()
    .int()
    .optional()
    .describe('How many entries were left out just before this one, which then also has what they last said'),
})
export type TimelineEntry = z.infer<typeof TimelineEntry>

/** What of a run its timeline follows. */
interface Followed {
  state: string
  progress: { lastObserved?: string | undefined }
  job?: { id: string } | undefined
  attachedTo?: string | undefined
  doubt?: { message: string } | undefined
  timeline?: TimelineEntry[] | undefined
}

/** Longer than what clouds say; errors with a page in them are cut. With 50 entries 15 KB at most, where texts are plain. */
const MAX_TEXT_BYTES = 300

/** The timeline with an entry more, where anything is new. A repeat adds nothing. */
export function noted(
  { timeline = [], state, progress, job, attachedTo, doubt }: Followed,
  at: string,
): TimelineEntry[] {
  const known: Record<string, unknown> = Object.assign({}, ...timeline)
  const now = { state, observed: progress.lastObserved, jobId: job?.id, attachedTo, doubt: doubt?.message }
  const news = Object.entries(now).flatMap(([name, text]) => {
    const told = text === undefined ? known[name] : boundedText(text, MAX_TEXT_BYTES)
    return told === known[name] ? [] : [[name, told]]
  })
  return news.length > 0 ? bounded([...timeline, { at, ...Object.fromEntries(news) }]) : timeline
}

/** How it was asked for and sent, and how it ended: what is between is left out first. */
const FIRST = 10
const NEWEST = 40

/** The entry after the gap takes over what those left out said last: else it would seem new the next time. */
function bounded(entries: TimelineEntry[]): TimelineEntry[] {
  const [next, ...rest] = entries.slice(FIRST).slice(-NEWEST)
  const gap = entries.slice(FIRST, -NEWEST)
  if (!next || gap.length === 0) return entries
  const leftOut = [...gap, next].reduce((sum, one) => sum + (one.leftOut ?? 0), gap.length)
  return [...entries.slice(0, FIRST), { ...Object.assign({}, ...gap), ...next, leftOut }, ...rest]
}
