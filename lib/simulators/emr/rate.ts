import type { EmrContext } from './context.ts'

const SECOND_MS = 1_000

/** Whether a request is over its action's limit within the last second. A request within the limit is counted. */
export function isOverRate(context: EmrContext, action: string): boolean {
  const { perSecond } = context.quirks
  if (perSecond <= 0) return false
  const now = context.now()
  const recent = (context.arrivals.get(action) ?? []).filter((at) => at > now - SECOND_MS)
  const isOver = recent.length >= perSecond
  context.arrivals.set(action, isOver ? recent : [...recent, now])
  return isOver
}
