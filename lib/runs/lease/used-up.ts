import { notSent } from '../outcomes.ts'
import type { Lease, RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { end } from '../transition.ts'
import { changeLease, type Leases } from './change-lease.ts'
import type { Notice, UsedUp } from './tally.ts'

/** What becomes of whatever a limit keeps from running: people are told, once, and may open it. */

/** For people. */
export function usedUpText({ of, limit, by, opensAt }: UsedUp): string {
  return `${limit} is used up on ${of} by ${by.join(', ')}; it opens at ${opensAt}, or by POST /limits/${of}/clear`
}

/** A run that had to wait until its limit was used up by others. */
export async function refuseUsedUp(ports: RecordPorts, run: Run, one: UsedUp): Promise<void> {
  await end(ports, run, 'refused', notSent(run, usedUpText(one)))
  try {
    await tellUsedUp(ports, one)
  } catch (error) {
    // The end of the run says it as well.
    ports.log('warn', 'used up limit not told', { runId: run.id, limit: one.limit, error: String(error) })
  }
}

/** Whoever tells people has so long for it: then somebody else does. */
const TELLING_MS = 10_000

/** So many are remembered. */
const MAX_NOTICES = 20

/**
 * Tells people of what is used up, once for as long as the same runs have used it up; where that fails, whoever comes next does.
 * @param of where that is remembered: a resource, or a rule
 */
export async function tellOnce(
  ports: Leases,
  of: string,
  what: Pick<Notice, 'key' | 'reason' | 'opensAt'>,
  tell: () => Promise<void>,
): Promise<void> {
  const note = (notice: Notice | undefined): Promise<'told' | undefined> =>
    changeLease<'told'>(ports, of, async (lease) => {
      const known = lease.notices?.find(({ key }) => key === what.key)
      const isTaken = known && (known.toldAt || Math.abs(ports.clock() - Date.parse(known.claimedAt)) < TELLING_MS)
      if (notice && !notice.toldAt && isTaken) return { instead: 'told' }
      const others = (lease.notices ?? []).filter(({ key }) => key !== what.key)
      return { lease: { ...lease, notices: [...others, ...(notice ? [notice] : [])].slice(-MAX_NOTICES) } }
    })
  const claim = { ...what, claimedAt: plusMs(ports.clock(), 0) }
  if ((await note(claim)) === 'told') return
  try {
    await tell()
  } catch (error) {
    await note(undefined)
    throw error
  }
  await note({ ...claim, toldAt: plusMs(ports.clock(), 0) })
}

/** The same of a limit. */
export async function tellUsedUp(ports: Leases & Pick<RecordPorts, 'publisher'>, one: UsedUp): Promise<void> {
  const reason = usedUpText(one)
  await tellOnce(ports, one.of, { key: one.key, reason, opensAt: one.opensAt }, () =>
    ports.publisher.limitReached({ ...one, reason, at: plusMs(ports.clock(), 0) }),
  )
}

/** The key of the notice that a run has answered what alarms tell of: that is no limit. */
export function answerKey(runId: string): string {
  return `${ANSWERED}${runId}`
}
const ANSWERED = 'answered by '

function isAnswer(key: string): boolean {
  return key.startsWith(ANSWERED)
}

/** So many are remembered. */
const MAX_CLEARANCES = 10

/** Somebody opens the limits of a resource, or of a rule. */
export async function clearLimits(ports: Leases, of: string, by: string, reason: string): Promise<Lease | undefined> {
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

/** What people should know of a resource whose limits do not hold for them: what is used up there now. */
export async function warningsFor(ports: RecordPorts, run: Run): Promise<{ warnings?: string[] }> {
  if (run.limits) return {}
  try {
    const { notices = [] } = (await ports.store.getLease(run.resource)) ?? {}
    const open = notices.filter(({ key, opensAt }) => !isAnswer(key) && Date.parse(opensAt) > ports.clock())
    return open.length > 0 ? { warnings: open.map(({ reason }) => `not for this run, but: ${reason}`) } : {}
  } catch (error) {
    // The run is accepted all the same.
    ports.log('warn', 'limits not read', { runId: run.id, error: String(error) })
    return {}
  }
}
