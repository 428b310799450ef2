import type { Alarm } from '../intake/alarm.ts'
import { resourceOf } from '../runs/lease.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { Run } from '../runs/run.ts'
import { isFinal } from '../runs/states.ts'

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
export async function echoedRun(
  { store }: Pick<RecordPorts, 'store'>,
  { echoOf, occurredAt }: Alarm,
  resource: string,
): Promise<Run | undefined> {
  if (!echoOf?.length) return undefined
  const atMs = Date.parse(occurredAt)
  const raised = (run: Run | undefined): run is Run =>
    run !== undefined && echoOf.includes(run.operation) && resourceOf(run) === resource && coversMs(run, atMs)
  const lease = await store.getLease(resource)
  const holder = lease?.holder && (await store.get(lease.holder.runId))
  if (raised(holder)) return holder
  // Another run may have had the resource since. The index lags by moments, which the lease above covers.
  const since = new Date(atMs - LONGEST_MS).toISOString()
  for (let cursor: string | undefined, page = 0; page < MAX_PAGES; page++) {
    const found = await store.list({ since, limit: 100, cursor })
    const run = found.runs.find(raised)
    if (run || !found.cursor) return run
    cursor = found.cursor
  }
  return undefined
}

/** Of a hundred runs each: a bound, for an alarm must be answered in seconds. */
const MAX_PAGES = 10

/** Whether the run was at work then, or had just ended. */
function coversMs({ sentAt, state, updatedAt }: Run, atMs: number): boolean {
  if (sentAt === undefined || atMs < Date.parse(sentAt) - CLOCK_MS) return false
  return !isFinal(state) || atMs <= Date.parse(updatedAt) + AFTER_MS
}

/** A metric of five minutes, which CloudWatch has unless asked for less, shows so late that its resource was away. */
const SETTLE_MS = 5 * 60_000

/**
 * What we do to a resource shows in its metrics, whoever watches them: a restart raises the alarm that it is down, which is
 * told when the restart is over, and would start the next one. Where the run succeeded, the resource was seen to be well since.
 * @param resource what the rule would touch
 * @returns the run of ours that had it when the alarm began, or until just before. One that goes on is a collision.
 */
export async function workThen(
  { store }: Pick<RecordPorts, 'store'>,
  { occurredAt }: Pick<Alarm, 'occurredAt'>,
  resource: string,
): Promise<Run | undefined> {
  const lease = await store.getLease(resource)
  const run = lease?.holder && (await store.get(lease.holder.runId))
  if (run?.state !== 'succeeded' || run.sentAt === undefined) return undefined
  const atMs = Date.parse(occurredAt)
  return atMs >= Date.parse(run.sentAt) && atMs <= Date.parse(run.updatedAt) + SETTLE_MS ? run : undefined
}
