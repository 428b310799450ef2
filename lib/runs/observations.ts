import type { Progress } from './run.ts'

/** What was observed of a run, counted by what it was: the words of the cloud, some with a mark before them. */

/** Marks a look that failed. */
export const ERROR = 'error '

/** Marks what was seen before the operation was sent: of its own progress it says nothing. */
export const BEFORE = 'before '

/** Marks what was seen instead of it, when its answer was lost. */
export const SOUGHT = 'sought '

/** A cloud that invents values must not grow the record without bound. */
const MAX_VALUES = 30

export function counted(counts: Progress['observedCounts'], observed: string): Progress['observedCounts'] {
  const known = Object.hasOwn(counts, observed)
  const key = known || Object.keys(counts).length < MAX_VALUES ? observed : 'others'
  return { ...counts, [key]: (counts[key] ?? 0) + 1 }
}

/** For people. */
export function seenIn({ observedCounts: counts }: Progress): string {
  const texts = Object.entries(counts).map(([observed, count]) => `${observed} x${count}`)
  return texts.join(', ') || 'nothing'
}

/** What was seen instead of a call whose answer was lost, and how often. */
export function soughtIn({ observedCounts: counts }: Progress): [string, number][] {
  return Object.entries(counts).filter(([observed]) => observed.startsWith(SOUGHT))
}
