import type { Run } from '../../../lib/runs/run.ts'
import { type Worker, world } from '../engine/current.ts'

/** A run that has left the one that it had joined, as that one had ended. */
export interface Left {
  leader: string
  /** When the other had ended and this one had joined it, whichever was later; and when this one left it. */
  endedAt: number
  leftAt: number
}

interface Change {
  before: Run | undefined
  after: Run
  by: Worker
  now: number
  hostNow: number
}

/** Watches runs that joined another. */
export interface Joined {
  /** @param hostNow the time by the clock of the worker's host. @returns what is wrong with it */
  written(change: Change): string | undefined
  left(runId: string): readonly Left[]
}

/** An attached run looks after a minute at the earliest, and not again for minutes. Clocks of hosts are seconds apart. */
const LOOK_MS = 50_000

/** Nothing is early for a host that is behind the last one by more. */
const CLOCK_SKEW_MS = 4_000

/** @param endedAt run -> when it ended */
export function createJoined(endedAt: ReadonlyMap<string, number>): Joined {
  const lookedAt = new Map<string, number>()
  const joinedAt = new Map<string, number>()
  const left = new Map<string, Left[]>()
  return {
    written: ({ before, after, by, now, hostNow }) => {
      const { id } = after
      if (after.state === 'attached') {
        if (before?.state !== 'attached') joinedAt.set(id, now)
        const last = lookedAt.get(id) ?? Number.NEGATIVE_INFINITY
        const sinceMs = now - last
        // The look for which the sweeper has sent another message comes at any time, and so does one after clocks that differ, or were set.
        const isFromTheFuture = Date.parse(before?.updatedAt ?? '') - hostNow > CLOCK_SKEW_MS
        const isOwn =
          by.function === 'poll-run' &&
          before?.state === 'attached' &&
          !before.rearms &&
          !isFromTheFuture &&
          hostNow - now <= CLOCK_SKEW_MS
        if (by.function === 'poll-run' || before?.state !== 'attached') lookedAt.set(id, now)
        return isOwn && sinceMs < LOOK_MS && !world().clocksStep(last, now) ? `looked after ${sinceMs} ms` : undefined
      }
      const leader = before?.state === 'attached' ? before.attachedTo : undefined
      const ended = endedAt.get(leader ?? '')
      if (leader === undefined || ended === undefined || after.state === 'cancelled') return undefined
      const since = Math.max(ended, joinedAt.get(id) ?? 0)
      left.set(id, [...(left.get(id) ?? []), { leader, endedAt: since, leftAt: now }])
      return undefined
    },
    left: (runId) => left.get(runId) ?? [],
  }
}
