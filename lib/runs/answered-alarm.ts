import type { Past } from './ports.ts'
import { plusMs } from './schedule.ts'
import type { Limits } from './tally.ts'

/**
 * Whether a run has answered the trouble of an alarm, whoever reports it and whatever it would run: the success has shown the
 * resource to be well since, and trouble that began just after it may be its own effect.
 */
export function hasAnsweredAlarm({ state, sentAt, endedAt = '' }: Past, began: Limits['began']): boolean {
  if (!began || state !== 'succeeded' || sentAt === undefined) return false
  return Date.parse(began.at) <= Date.parse(endedAt) + began.settleMs
}

/** The same for people, with what to do. */
export function answeredText({ id, operation, endedAt = '' }: Past, settleMs = 0): string {
  const until = plusMs(endedAt, settleMs)
  const since = `run ${id} (${operation}) has succeeded there since, at ${endedAt}: it answers trouble that began until ${until}`
  return `${since}. If it lasts, ask for a run with POST /runs`
}
