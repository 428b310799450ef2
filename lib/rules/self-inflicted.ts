import { hasAnsweredAlarm } from '../runs/lease/answered-alarm.ts'
import { pastOfResource } from '../runs/lease/past.ts'
import type { Limits } from '../runs/lease/tally.ts'
import type { Past, RecordPorts } from '../runs/ports.ts'
import { isFinal } from '../runs/states.ts'
import type { Alarm } from '../sources/alarm.ts'

/** So long after a run has ended its resource may still tell of it; and so far the cloud's clock may be off. */
const AFTER_MS = 15 * 60_000
const CLOCK_MS = 5 * 60_000

/** No run lasts longer (a rolling restart: a day). */
const LONGEST_MS = 26 * 3600 * 1000

/**
 * Some operations raise alarms themselves: a swap of master and standby is told as one. What our own run raised must not
 * start another, or the two go on for ever.
 * @param resource what the rule would touch
 * @returns the run of ours that the alarm tells of
 */
export async function selfInflictedBy(
  { store }: Pick<RecordPorts, 'store'>,
  { duringOwnRun, occurredAt }: Alarm,
  resource: string,
): Promise<Past | undefined> {
  if (!duringOwnRun?.length) return undefined
  const atMs = Date.parse(occurredAt)
  return findPast(
    store,
    resource,
    atMs,
    ({ operation, sentAt, state, endedAt }) =>
      duringOwnRun.includes(operation) &&
      atMs >= Date.parse(sentAt ?? '') - CLOCK_MS &&
      (!isFinal(state) || atMs <= Date.parse(endedAt ?? '') + AFTER_MS),
  )
}

/** Of a hundred runs each: a bound, for an alarm must be answered in seconds. */
const MAX_PAGES = 10

/** Looks through all that a resource remembers; and where that is not all, through the runs. */
async function findPast(
  store: RecordPorts['store'],
  resource: string,
  atMs: number,
  fits: (past: Past) => boolean,
): Promise<Past | undefined> {
  const { past, isWhole } = await pastOfResource({ store }, resource)
  const found = past.find(fits)
  if (found || isWhole) return found
  const since = new Date(atMs - LONGEST_MS).toISOString()
  for (let cursor: string | undefined, page = 0; page < MAX_PAGES; page++) {
    const { runs, cursor: next } = await store.list({ since, limit: 100, cursor })
    const run = runs.find((one) => one.resource === resource && fits({ ...one, endedAt: one.endedAt ?? one.updatedAt }))
    if (run || !next) return run
    cursor = next
  }
  return undefined
}

/**
 * What we do to a resource shows in its metrics, whoever watches them: a restart raises the alarm that it is down, which is
 * told when the restart is over, and would start the next one. And what had begun before it, whoever tells of it, it has answered.
 * @param resource what the rule would touch
 * @returns the run of ours that has answered the alarm. One that goes on is a collision.
 */
export async function answeredBy(
  { store }: Pick<RecordPorts, 'store'>,
  began: NonNullable<Limits['began']>,
  resource: string,
): Promise<Past | undefined> {
  return findPast(store, resource, Date.parse(began.at), (past) => hasAnsweredAlarm(past, began))
}
