import { verdictsOf } from './guards/verdicts-of.ts'
import type { Run } from './run.ts'
import type { EndedRun, RunCourse, RunTimes } from './run-view.ts'
import { isFinal } from './states.ts'

/**
 * A run as users see it. Its schema has a file of its own, which only readers of documents load.
 * @returns the run with all that its record has, but its baseline
 */
export function viewOf(run: Run): EndedRun {
  const { id, operation, resource, target, params, source, collision, episodeId, batchId } = run
  return {
    ...{ id, operation, resource, target, params, source, collision },
    ...defined({ episodeId, batchId }),
    ...stateOf(run),
    ...timesOf(run),
    evidence: evidenceOf(run),
  }
}

function stateOf(run: Run): RunCourse {
  const { state, attachedTo, job, progress, slowAt, doubt, outcome, cancelledBy, timeline } = run
  return {
    state,
    ...defined({ joinedRunId: attachedTo, jobId: job?.id, lastObserved: progress.lastObserved }),
    ...(slowAt === undefined ? {} : { slow: true }),
    ...defined({ lastObservedSince: progress.since, doubt, outcome, cancelledBy }),
    ...defined({
      verdicts: verdictsOf(run),
      timeline: timeline?.map(({ attachedTo: joinedRunId, ...entry }) => ({ ...entry, ...defined({ joinedRunId }) })),
    }),
  }
}

function timesOf(run: Run): RunTimes {
  const { createdAt, preparedAt, sentAt, acceptedAt, verifyingAt, notifiedAt, updatedAt, nextAt, deadlineAt } = run
  const { notAfter, heldBackUntil: waitsUntil } = run
  const endedAt = isFinal(run.state) ? (run.endedAt ?? updatedAt) : undefined
  return {
    createdAt,
    ...defined({ preparedAt, sentAt, acceptedAt, verifyingAt, endedAt, notifiedAt }),
    updatedAt,
    ...(endedAt ? {} : { nextAt, ...defined({ waitsUntil }) }),
    ...defined({ notAfter }),
    deadlineAt,
    expiresAt: new Date(run.expiresAtSeconds * 1000).toISOString(),
    ...(endedAt ? { durationSeconds: secondsBetween(sentAt ?? createdAt, endedAt) } : {}),
  }
}

/** Never negative, as clocks of hosts may be apart. */
function secondsBetween(from: string, until: string): number {
  return Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 1000))
}

function evidenceOf({ requestId, progress, step, deadLetters }: Run): EndedRun['evidence'] {
  const { observedCounts, consecutive, failures } = progress
  return { ...defined({ requestId }), observedCounts, consecutive, failures, step, deadLetters }
}

/** Without the fields that are undefined. */
function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields // the same fields, or fewer
}
