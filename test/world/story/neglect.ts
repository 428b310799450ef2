import type { Run } from '../../../lib/runs/run.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import { type Worker, world } from '../engine/current.ts'
import type { FaultKind } from '../engine/faults.ts'

/**
 * A sweep comes every minute and has 50 s. After three whole sweeps that could have done it, a run that is overdue has been
 * sent a message, or has ended: whatever else hangs meanwhile. One that was sent a message before waits a little longer.
 */
const REARM_MS = 300_000
const REARM_SWEEPS = 3

/** Hosts' clocks may be off by so much. */
const SKEW_MS = 2_000

/** With these a sweep may miss a run. A topic that fails or hangs is none of them, nor is a cloud. */
const EXCUSES: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'worker dies before a request',
  'worker dies after a request',
  'worker freezes',
  'host clock is minutes off',
  'table slow',
  'table fails',
  'table answer lost for good',
  'table hangs',
  'table disk full',
  'table file locked',
  'queue slow',
  'queue fails',
  'queue answer lost for good',
  'queue takes a part of the batch',
  'queue hangs',
])

interface Neglected {
  since: number
  sweeps: number
}

/** Watches that sweeps bring on whatever is overdue, also while something else is in trouble. */
export interface Neglect {
  written(before: Run | undefined, after: Run, by: Worker): void
  posted(runId: string): void
  /** A sweep is over, or out of time. @returns the runs that it should have looked after, and how long they waited (ms) */
  swept(by: Worker, begunAt: number): { run: Run; waitedMs: number }[]
}

export function createNeglect(): Neglect {
  const neglected = new Map<string, Neglected>()
  let lastAheadMs = 0
  return {
    written: (before, after, { function: name }) => {
      const moved = before?.nextAt !== after.nextAt || before?.step !== after.step || before?.state !== after.state
      // The write of a sweep alone brings nothing on: the message does.
      if (isFinal(after.state) || (moved && name !== 'sweep-runs')) neglected.delete(after.id)
    },
    posted: (runId) => {
      neglected.delete(runId)
    },
    swept: ({ met }, begunAt) => {
      const { table, clock, aheadMs } = world()
      const now = clock.now()
      // The clocks have stepped back: what was overdue is so no more.
      if (aheadMs() !== lastAheadMs) neglected.clear()
      lastAheadMs = aheadMs()
      const couldHave = ![...EXCUSES].some((kind) => met.has(kind))
      const missed: { run: Run; waitedMs: number }[] = []
      for (const item of table.items()) {
        if (item.kind !== 'run' || item.due === undefined) continue
        const run = item as unknown as Run // as our own store wrote it
        const dueAt = Date.parse(run.dueAt ?? '') - aheadMs()
        const one = neglected.get(run.id)
        // A sweep that died may have written, and sent nothing: others see the run when it is due again.
        if (dueAt > now) neglected.delete(run.id)
        if (isFinal(run.state) || dueAt > now) continue
        // Until its entry is there the index shows it to nobody.
        if (table.lags(run.id)) neglected.delete(run.id)
        else if (!one) neglected.set(run.id, { since: Math.max(dueAt, begunAt), sweeps: 0 })
        else if (couldHave && begunAt > one.since + SKEW_MS) {
          one.sweeps++
          const waitedMs = now - one.since
          if (one.sweeps >= REARM_SWEEPS && waitedMs > REARM_MS) missed.push({ run, waitedMs })
        }
      }
      for (const { run } of missed) neglected.delete(run.id)
      return missed
    },
  }
}
