import type { Run } from '../../../lib/runs/run.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { world } from '../engine/current.ts'

/** A lease outlives the deadline that its run had when it was sent by this much, where the work may go on. */
const GRACE_MS = 30 * 60_000

/** Between two hosts whose clocks are minutes off. */
const MINUTES_OFF_MS = 240_000

/** How long each run that was sent was promised its resource: by its own record, whatever the lease says. */
export interface Promises {
  written(after: Run): void
  /** Whether the promise to it still stands; undefined where nothing was sent. */
  stands(runId: string): boolean | undefined
}

export function createPromises(): Promises {
  const until = new Map<string, number>()
  return {
    written: (after) => {
      if (after.state !== 'submitting') return
      const promised = Math.max(Date.parse(after.deadlineAt), rolledOutAt(after)) + GRACE_MS
      until.set(after.id, Math.max(promised, until.get(after.id) ?? 0))
    },
    stands: (runId) => {
      const { clock, aheadMs, faults } = world()
      const promised = until.get(runId)
      const slackMs = faults.counts['host clock is minutes off'] ? MINUTES_OFF_MS : 0
      return promised === undefined ? undefined : clock.now() + aheadMs() + slackMs < promised
    },
  }
}

/** When work whose length is asked for must have ended; 0 where it is not. */
function rolledOutAt({ operation, target, params, baseline, sentAt }: Run): number {
  const { tracking } = CATALOGUE.get(operation) ?? {}
  const minutes = tracking?.moreMinutes?.({ target, params, baseline }) ?? 0
  return minutes > 0 ? Date.parse(sentAt ?? '') + ((tracking?.deadlineMinutes ?? 0) + minutes) * 60_000 : 0
}
