import type { EmrContext } from './context.ts'

const SECOND_MS = 1_000

/** Whether this request is one too many of its action within the last second; if not, it counts from now on. */
export function isOverRate(context: EmrContext, action: string): boolean {
  const { perSecond } = context.quirks
  if (perSecond <= 0) return false
  const now = context.now()
  const recent = (context.arrivals.get(action) ?? []).filter((at) => at > now - SECOND_MS)
  const isOver = recent.length >= perSecond
  context.arrivals.set(action, isOver ? recent : [...recent, now])
  return isOver
}
