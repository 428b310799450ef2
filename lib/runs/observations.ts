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

export function counted(seen: Progress['seen'], said: string): Progress['seen'] {
  const known = Object.hasOwn(seen, said)
  const key = known || Object.keys(seen).length < MAX_VALUES ? said : 'others'
  return { ...seen, [key]: (seen[key] ?? 0) + 1 }
}

/** For people. */
export function seenIn({ seen }: Progress): string {
  const counts = Object.entries(seen).map(([said, count]) => `${said} x${count}`)
  return counts.join(', ') || 'nothing'
}

/** What was seen instead of a call whose answer was lost, and how often. */
export function soughtIn({ seen }: Progress): [string, number][] {
  return Object.entries(seen).filter(([said]) => said.startsWith(SOUGHT))
}
