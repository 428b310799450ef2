import type { EmrWorld } from './world.ts'

const SECOND_MS = 1_000

/** Whether this request is one too many of its action within the last second; if not, it counts from now on. */
export function isOverRate(world: EmrWorld, action: string): boolean {
  const { perSecond } = world.quirks
  if (perSecond <= 0) return false
  const now = world.now()
  const recent = (world.arrivals.get(action) ?? []).filter((at) => at > now - SECOND_MS)
  const isOver = recent.length >= perSecond
  world.arrivals.set(action, isOver ? recent : [...recent, now])
  return isOver
}
