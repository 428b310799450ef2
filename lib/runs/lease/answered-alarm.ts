import type { Past } from '../ports.ts'
import { plusMs } from '../schedule.ts'
import type { Limits } from './tally.ts'

/**
 * Whether a run has answered what an alarm tells of, whoever tells it and whatever it would have run: its success has shown the
 * resource to be well since, and what began just after it may be its own doing.
 */
export function hasAnsweredAlarm({ state, sentAt, endedAt = '' }: Past, began: Limits['began']): boolean {
  if (!began || state !== 'succeeded' || sentAt === undefined) return false
  return Date.parse(began.at) <= Date.parse(endedAt) + began.settleMs
}

/** For people. */
export function answeredText({ id, operation, endedAt = '' }: Past, settleMs = 0): string {
  const until = plusMs(endedAt, settleMs)
  const since = `run ${id} (${operation}) has succeeded there since, at ${endedAt}: what began until ${until} is answered by it`
  return `${since}. If it lasts, ask for a run with POST /runs`
}
