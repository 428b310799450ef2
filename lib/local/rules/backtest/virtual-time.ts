/** A clock that stands still until it is moved, and the work that is due by it. */
export interface VirtualTime {
  /** Epoch ms. */
  now(): number
  /** Plans work. Work that is due at the same time is done in the order in which it was planned. */
  at(atMs: number, work: () => Promise<void>): void
  /** Does all that is due by then, each when it is due; then it is so late. */
  moveTo(atMs: number): Promise<void>
  /** Does all that is planned, however late. */
  finish(): Promise<void>
}

interface Planned {
  atMs: number
  work: () => Promise<void>
}

export function virtualTime(startMs: number): VirtualTime {
  let nowMs = startMs
  /** The next one is last. */
  const planned: Planned[] = []
  const moveTo = async (untilMs: number): Promise<void> => {
    for (let next = planned.at(-1); next && next.atMs <= untilMs; next = planned.at(-1)) {
      planned.pop()
      nowMs = Math.max(nowMs, next.atMs)
      await next.work()
    }
    if (Number.isFinite(untilMs)) nowMs = Math.max(nowMs, untilMs)
  }
  return {
    now: () => nowMs,
    at: (atMs, work) => {
      const later = planned.findLastIndex((one) => one.atMs > atMs)
      planned.splice(later + 1, 0, { atMs, work })
    },
    moveTo,
    finish: () => moveTo(Number.POSITIVE_INFINITY),
  }
}
