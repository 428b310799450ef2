import { runsInLine } from '../../runs/lease/lease.ts'
import { quantile, tookSeconds } from '../../runs/plan/expected.ts'
import type { RecordPorts } from '../../runs/ports.ts'
import type { Run } from '../../runs/run.ts'
import type { RunDetails } from '../../runs/run-view.ts'
import { plusMs } from '../../runs/schedule.ts'
import { isFinal } from '../../runs/states.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'

type DetailPorts = Pick<RecordPorts, 'store' | 'clock' | 'log'>

/** The seconds that the newest successful runs of an operation took, ascending. */
export type Took = (operation: LifecycleOperation) => Promise<readonly number[]>

/** Reads the durations of each operation once, for one request. */
export function readingTook(ports: DetailPorts): Took {
  const known = new Map<string, Promise<readonly number[]>>()
  return (operation) => {
    const took = known.get(operation.name) ?? tookSeconds(ports, operation)
    known.set(operation.name, took)
    return took
  }
}

/** When a run that was sent is expected to end: as long after that as the newest runs took. */
export async function expectedEnd(
  run: Run,
  took: Took,
): Promise<Pick<RunDetails, 'expectedEndAt' | 'expectedEndInterval'>> {
  const operation = CATALOGUE.get(run.operation)
  const { sentAt } = run
  if (!operation || sentAt === undefined || isFinal(run.state)) return {}
  const sorted = await took(operation)
  const [from, middle, until] = [0.1, 0.5, 0.9].map((share) => quantile(sorted, share))
  if (from === undefined || middle === undefined || until === undefined) return {}
  const after = (seconds: number): string => plusMs(sentAt, seconds * 1000)
  return {
    expectedEndAt: after(middle),
    expectedEndInterval: { from: after(from), until: after(until), ofRuns: sorted.length },
  }
}

/**
 * The details of one run that earlier runs, the lease of its resource and other runs show. None of them is worth an error.
 * @param isNew nothing has joined it yet
 */
export async function detailsOf(
  ports: DetailPorts & { took: Took },
  run: Run,
  { isNew = false } = {},
): Promise<RunDetails> {
  try {
    const parts = [expectedEnd(run, ports.took), leaseDetails(ports, run), isNew ? {} : joined(ports, run)]
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
