import type { Alarm } from '../../../sources/alarm.ts'
import type { DeliveryItem } from '../../../sources/source.ts'

/** A trouble whose alarm was resolved for so long is over: the next alarm is another. Before that, it flaps. */
const QUIET_MS = 3_600_000

/** Knows which alarms of the past would not have come, because a run would have ended their trouble. */
interface TroubleWatch {
  /** @param atMs when it came (epoch ms). @returns the run that would have ended its trouble before */
  sparedBy(item: DeliveryItem, atMs: number): string | undefined
  /** A run was started for an alarm. */
  answer(item: DeliveryItem, runId: string): void
  /** A run has ended the trouble that it was started for. */
  end(runId: string): void
}

export function watchTroubles(): TroubleWatch {
  const troubleOf = new Map<string, string>()
  /** Trouble -> the run that ended it. */
  const ended = new Map<string, string>()
  const resolvedAtMs = new Map<string, number>()
  return {
    sparedBy: (item, atMs) => {
      if (!('alarm' in item)) return undefined
      const trouble = keyOf(item.alarm)
      if (atMs - (resolvedAtMs.get(trouble) ?? atMs) >= QUIET_MS) ended.delete(trouble)
      resolvedAtMs.delete(trouble)
      if (item.alarm.status === 'resolved') resolvedAtMs.set(trouble, atMs)
      return ended.get(trouble)
    },
    answer: (item, runId) => {
      if ('alarm' in item) troubleOf.set(runId, keyOf(item.alarm))
    },
    end: (runId) => {
      const trouble = troubleOf.get(runId)
      if (trouble !== undefined) ended.set(trouble, runId)
    },
  }
}

/** One alarm rule of a source may watch many resources. */
function keyOf({ source, identity, dimensions }: Alarm): string {
  return JSON.stringify([source, identity, Object.entries(dimensions).sort()])
}
