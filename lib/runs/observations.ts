import type { Progress } from './run.ts'

/** Observations of a run are counted by their text, in the cloud's own words; a prefix marks those of a special kind. */

/** Marks an observation that failed. */
export const ERROR_PREFIX = 'error '

/** Marks an observation from before the operation was sent, which says nothing of its progress. */
export const BEFORE_PREFIX = 'before '

/** Marks an observation made in search of evidence, after the answer was lost. */
export const EVIDENCE_PREFIX = 'sought '

/** A cloud that invents values must not grow the record without bound. */
const MAX_VALUES = 30

export function withCount(counts: Progress['observedCounts'], observed: string): Progress['observedCounts'] {
  const known = Object.hasOwn(counts, observed)
  const key = known || Object.keys(counts).length < MAX_VALUES ? observed : 'others'
  return { ...counts, [key]: (counts[key] ?? 0) + 1 }
}

/** All observations and their counts as one text, e.g. `RESTARTING x3, error DCS.5000 x1`. */
export function observedText({ observedCounts: counts }: Progress): string {
  const texts = Object.entries(counts).map(([observed, count]) => `${observed} x${count}`)
  return texts.join(', ') || 'nothing'
}

/** The observations made in search of evidence, with their prefix and count. */
export function evidenceCounts({ observedCounts: counts }: Progress): [string, number][] {
  return Object.entries(counts).filter(([observed]) => observed.startsWith(EVIDENCE_PREFIX))
}
