import { hasAnsweredAlarm } from '../runs/answered-alarm.ts'
import { pastOfResource } from '../runs/lease/past.ts'
import type { Past, RecordPorts } from '../runs/ports.ts'
import { isFinal } from '../runs/states.ts'
import type { Limits } from '../runs/tally.ts'
import type { Alarm } from '../sources/alarm.ts'

/** Alarms of a run may still arrive so long after its end, and the cloud's clock may be off so far. */
export const OWN_ALARMS_MS = 15 * 60_000
const CLOCK_MS = 5 * 60_000

/** No run lasts longer; a rolling restart takes up to a day. */
const LONGEST_MS = 26 * 3600 * 1000

/**
 * The run of ours that raised an alarm, if any. Some operations raise alarms, e.g. a swap of master and standby. Such an alarm
 * must not start another run, or the two go on for ever.
 * @param resource the target of the matching rule
 */
export async function selfInflictedBy(
  { store }: Pick<RecordPorts, 'store'>,
  { duringOwnRun, occurredAt }: Alarm,
  resource: string,
): Promise<Past | undefined> {
  if (!duringOwnRun?.length) return undefined
  const atMs = Date.parse(occurredAt)
  const hasRaised = ({ operation, sentAt, state, endedAt }: Past): boolean =>
    duringOwnRun.includes(operation) &&
    atMs >= Date.parse(sentAt ?? '') - CLOCK_MS &&
    (!isFinal(state) || atMs <= Date.parse(endedAt ?? '') + OWN_ALARMS_MS)
  return findPast(store, { resource, atMs, fits: hasRaised })
}

/** A page has a hundred runs. The bound keeps the answer to an alarm within seconds. */
const MAX_PAGES = 10

/** Searches the runs that a resource remembers, then, where those are not all, the list of runs. */
async function findPast(
  store: RecordPorts['store'],
  { resource, atMs, fits }: { resource: string; atMs: number; fits: (past: Past) => boolean },
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
 * The ended run of ours that has answered an alarm, if any. A restart takes its resource down, and the alarm about that may
 * arrive after the restart and start the next one. A restart also answers every alarm that began before it. A run that still
 * goes on is a collision instead.
 * @param resource the target of the matching rule
 */
export async function answeredBy(
  { store }: Pick<RecordPorts, 'store'>,
  began: NonNullable<Limits['began']>,
  resource: string,
): Promise<Past | undefined> {
  return findPast(store, {
    resource,
    atMs: Date.parse(began.at),
    fits: (past) => hasAnsweredAlarm(past, began),
  })
}
