import { durationsOf } from '../../runs/durations/learned.ts'
import { runsInLine } from '../../runs/lease/lease.ts'
import { spanOf } from '../../runs/plan/expected.ts'
import type { RecordPorts } from '../../runs/ports.ts'
import type { Run } from '../../runs/run.ts'
import type { RunDetails } from '../../runs/run-view.ts'
import { plusMs } from '../../runs/schedule.ts'
import { isFinal } from '../../runs/states.ts'

type DetailPorts = Pick<RecordPorts, 'store' | 'clock' | 'log'>

/** When a run that the cloud accepted is expected to end: as long after that as earlier runs took. */
export async function expectedEnd(
  ports: DetailPorts,
  run: Run,
): Promise<Pick<RunDetails, 'expectedEndAt' | 'expectedEndInterval'>> {
  const { acceptedAt } = run
  if (acceptedAt === undefined || isFinal(run.state)) return {}
  const durations = await durationsOf(ports, run)
  const [from, middle, until] = durations ? spanOf(durations) : []
  if (durations === undefined || from === undefined || middle === undefined || until === undefined) return {}
  const after = (seconds: number): string => plusMs(acceptedAt, seconds * 1000)
  return {
    expectedEndAt: after(middle),
    expectedEndInterval: { from: after(from), until: after(until), ofRuns: durations.runs },
  }
}

/**
 * The details of one run that earlier runs, the lease of its resource and other runs show. None of them is worth an error.
 * @param isNew it has its resource, and nothing has happened to it yet
 */
export async function detailsOf(ports: DetailPorts, run: Run, { isNew = false } = {}): Promise<RunDetails> {
  try {
    const parts = isNew ? [] : [expectedEnd(ports, run), leaseDetails(ports, run), joined(ports, run)]
    return Object.assign({}, ...(await Promise.all(parts)))
  } catch (error) {
    ports.log('warn', 'details of a run not read', { runId: run.id, error: String(error) })
    return {}
  }
}

async function leaseDetails(ports: DetailPorts, run: Run): Promise<RunDetails> {
  const mayWait = run.state === 'queued'
  const mayReserve = isFinal(run.state) && run.outcome?.providerDone === false
  const lease = mayWait || mayReserve ? await ports.store.getLease(run.resource) : undefined
  if (!lease) return {}
  if (mayReserve) {
    const isReserved = lease.holder?.runId === run.id && Date.parse(lease.until) > ports.clock()
    return isReserved ? { reservedUntil: lease.until } : {}
  }
  const at = (await runsInLine(ports, lease)).findIndex(({ id }) => id === run.id)
  return at < 0 ? {} : { positionInLine: at + 1 }
}

/** Other runs of one resource, made while a run lived. */
const MAX_LISTED = 100

/** A run joins another while that lives, so only runs of that time are read. */
async function joined({ store }: DetailPorts, run: Run): Promise<RunDetails> {
  const { id, resource, createdAt: since } = run
  const until = isFinal(run.state) ? { until: plusMs(run.endedAt ?? run.updatedAt, 1) } : {}
  const { runs } = await store.list({ resource: [resource], since, ...until, limit: MAX_LISTED })
  const ids = runs.flatMap((one) => (one.attachedTo === id ? [one.id] : []))
  return ids.length > 0 ? { joinedByRunIds: ids.toReversed() } : {}
}
