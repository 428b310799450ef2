import { notSent } from '../outcomes.ts'
import type { Lease, RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import type { Notice, UsedUp } from '../tally.ts'
import { end } from '../transition.ts'
import { changeLease, type LeasePorts } from './change-lease.ts'

/** A limit that is used up: the run is refused, people are notified once, and may open it. */

/** The limit for people, with what to do. */
export function usedUpText({ of, limit, by, opensAt }: UsedUp): string {
  return `${limit} is used up on ${of} by ${by.join(', ')}; it opens at ${opensAt}, or by POST /limits/${of}/clear`
}

/** Ends a run that was accepted and whose limit others have used up since. */
export async function refuseUsedUp(ports: RecordPorts, run: Run, one: UsedUp): Promise<void> {
  await end(ports, run, { state: 'refused', outcome: notSent(run, usedUpText(one)) })
  try {
    await notifyUsedUp(ports, one)
  } catch (error) {
    // The end of the run says it as well.
    ports.log('warn', 'used up limit not notified', { runId: run.id, limit: one.limit, error: String(error) })
  }
}

/** A worker has so long to notify people; then another one does. */
const CLAIM_MS = 10_000

/** The number of notices that a lease keeps. */
const MAX_NOTICES = 20

/**
 * Notifies people once for each key. If that fails, the next worker that comes does it.
 * @param of the resource, or `rule/<name>`, whose lease keeps the notice
 */
export async function notifyOnce(
  ports: LeasePorts,
  { of, ...what }: Pick<Notice, 'key' | 'reason' | 'opensAt'> & { of: string },
  notify: () => Promise<void>,
): Promise<void> {
  const note = (notice: Notice | undefined): Promise<'notified' | undefined> =>
    changeLease<'notified'>(ports, of, async (lease) => {
      const known = lease.notices?.find(({ key }) => key === what.key)
      const isTaken = known && (known.toldAt || Math.abs(ports.clock() - Date.parse(known.claimedAt)) < CLAIM_MS)
      if (notice && !notice.toldAt && isTaken) return { instead: 'notified' }
      const others = (lease.notices ?? []).filter(({ key }) => key !== what.key)
      return { lease: { ...lease, notices: [...others, ...(notice ? [notice] : [])].slice(-MAX_NOTICES) } }
    })
  const claim = { ...what, claimedAt: plusMs(ports.clock(), 0) }
  if ((await note(claim)) === 'notified') return
  try {
    await notify()
  } catch (error) {
    await note(undefined)
    throw error
  }
  await note({ ...claim, toldAt: plusMs(ports.clock(), 0) })
}

/** Notifies people once that a limit is used up. */
export async function notifyUsedUp(ports: LeasePorts & Pick<RecordPorts, 'publisher'>, one: UsedUp): Promise<void> {
  const reason = usedUpText(one)
  await notifyOnce(ports, { of: one.of, key: one.key, reason, opensAt: one.opensAt }, () =>
    ports.publisher.limitReached({ ...one, reason, at: plusMs(ports.clock(), 0) }),
  )
}

/** The key of the notice that a run has answered an alarm. Such a notice is not one of a limit. */
export function answerKey(runId: string): string {
  return `${ANSWERED}${runId}`
}
const ANSWERED = 'answered by '

function isAnswer(key: string): boolean {
  return key.startsWith(ANSWERED)
}

/** The number of clearances that a lease keeps. */
const MAX_CLEARANCES = 10

/** Opens the limits of a resource, or of a rule. */
export async function clearLimits(
  ports: LeasePorts,
  of: string,
  { by, reason }: { by: string; reason: string },
): Promise<Lease | undefined> {
  const at = plusMs(ports.clock(), 0)
  await changeLease<never>(ports, of, async ({ attempts = [], notices = [], clearances = [], ...lease }) => {
    const cleared = { at, by, reason, runs: attempts.map(({ id }) => id) }
    const kept = notices.filter(({ key }) => isAnswer(key))
    return {
      lease: { ...lease, attempts: [], notices: kept, clearances: [...clearances, cleared].slice(-MAX_CLEARANCES) },
    }
  })
  return ports.store.getLease(of)
}

/** The used up limits of a resource, as warnings for people, whom they do not bind. */
export async function warningsFor(ports: RecordPorts, run: Run): Promise<{ warnings?: string[] }> {
  if (run.limits) return {}
  try {
    const { notices = [] } = (await ports.store.getLease(run.resource)) ?? {}
    const open = notices.filter(({ key, opensAt }) => !isAnswer(key) && Date.parse(opensAt) > ports.clock())
    return open.length > 0 ? { warnings: open.map(({ reason }) => `not for this run, but: ${reason}`) } : {}
  } catch (error) {
    // Warnings only: the run is accepted without them.
    ports.log('warn', 'limits not read', { runId: run.id, error: String(error) })
    return {}
  }
}
