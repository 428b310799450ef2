import * as z from 'zod'
import { Collision, Failure, Outcome, type Run, Source } from './run.ts'
import { isFinal, State } from './states.ts'
import { TimelineEntry } from './timeline.ts'

/** A run as users see it: flat, without the bookkeeping, and the same in answers and in events. */

const instant = (what: string) => z.iso.datetime().describe(what)

/** The observations that the outcome follows from, and how they were counted. */
const Evidence = z
  .object({
    requestId: z.string().optional().describe("The cloud's id of the request that it accepted"),
    observedCounts: z
      .record(z.string(), z.int())
      .describe('Observation -> how often it was made, in the order of the first time'),
    consecutive: z.int().describe('How many times in a row the newest observation was made'),
    failures: z.int().describe('Observations in a row that failed in a way that another one will not cure'),
    step: z.int().describe('Number of the next observation'),
    deadLetters: z.int().describe('How many of its messages ended in a dead-letter queue'),
    baseline: z.unknown().optional().describe('What was read before the operation was sent; in `GET /runs/{id}` only'),
  })
  .describe('What the outcome follows from')

const TARGET = 'What the operation acts on. Its other fields are those of the operation, as in `GET /operations`'

export const Target = z
  .looseObject({
    account: z.string().optional().describe('Name of the account; absent for the default one'),
    region: z.string().describe('Region at the cloud'),
  })
  .describe(TARGET)

const Requested = {
  operation: z.string().describe('Name of the operation, as in `GET /operations`'),
  resource: z.string().describe('The one identity of the target, e.g. `huawei/dcs/<id>`; one run at a time has it'),
  target: Target,
  params: z
    .record(z.string(), z.unknown())
    .describe('How it is done; `GET /operations` has the params of each operation'),
  source: Source.describe('Who asked, and why'),
  collision: Collision,
  batchId: z.string().optional().describe('Id of the batch that it belongs to'),
}

const Times = {
  createdAt: instant('When the request was accepted'),
  preparedAt: instant('When the preparation of the operation, e.g. a backup, was requested').optional(),
  sentAt: instant('When the intent to send it was written; from then on, the call may be on its way').optional(),
  acceptedAt: instant('When the cloud accepted it, or was found to have done so').optional(),
  verifyingAt: instant('When the cloud first reported it as done').optional(),
  endedAt: instant('When it ended; absent while it lives').optional(),
  notifiedAt: instant('When its end was published').optional(),
  updatedAt: instant('When it last changed'),
  nextAt: instant('When the next step is planned; absent once it has ended').optional(),
  deadlineAt: instant('When it ends as `timed-out` at the latest'),
  expiresAt: instant('When the record may be deleted'),
  durationSeconds: z.int().optional().describe('From when it was sent, or else accepted, to its end'),
}

export const TimelineView = z.object({
  ...TimelineEntry.omit({ attachedTo: true }).shape,
  joinedRunId: z.string().optional().describe('Id of the run that it joined'),
})

const Course = {
  state: State,
  joinedRunId: z.string().optional().describe('Id of the live run of the same request that it joined'),
  jobId: z.string().optional().describe("Id of the cloud's own job, where there is one"),
  lastObserved: z.string().optional().describe("The newest observation, in the cloud's own words"),
  lastObservedSince: instant('Since when it has been the same').optional(),
  slow: z.boolean().optional().describe('It has taken longer than 99 of 100 earlier runs of its kind'),
  doubt: Failure.optional().describe('Why it is not known whether it has begun; absent if that is known'),
  outcome: Outcome.optional().describe('How it ended; absent while it lives'),
  cancelledBy: z.string().optional().describe('Who cancelled it'),
  timeline: z.array(TimelineView).optional().describe('What happened, in order; not in lists'),
}

/** A run as events have it. */
export const EndedRun = z.object({
  id: z.string().describe('Id of the run'),
  ...Requested,
  ...Course,
  ...Times,
  evidence: Evidence,
})
export type EndedRun = z.infer<typeof EndedRun>

/** Facts beside the record of a run; each needs a read of its own. */
export const RunDetails = z.object({
  expectedEndAt: instant('The median of earlier runs of the operation; absent without any').optional(),
  expectedEndInterval: z
    .object({
      from: instant('One in ten of these runs was faster'),
      until: instant('One in ten of these runs was slower'),
      ofRuns: z.int().describe('The number of these runs'),
    })
    .optional()
    .describe('How sure `expectedEndAt` is'),
  positionInLine: z.int().optional().describe('1 is next; present while it waits for its resource. Not in lists'),
  joinedByRunIds: z
    .array(z.string())
    .optional()
    .describe('Ids of the runs of the same request that joined it, oldest first. Not in lists'),
  reservedUntil: instant('Until when its resource stays reserved although it has ended. Not in lists').optional(),
  warnings: z
    .array(z.string())
    .optional()
    .describe('Limits of alarms that are used up on the resource, as they were found when it was accepted'),
})
export type RunDetails = z.infer<typeof RunDetails>

const Links = z
  .object({
    self: z.string().describe('Address of the run'),
    batch: z.string().optional().describe('Address of its batch'),
  })
  .describe('Addresses')

export const RunView = z.object({ ...EndedRun.shape, ...RunDetails.shape, links: Links })
export type RunView = z.infer<typeof RunView>

/** @returns the run with all that its record has, but its baseline */
export function viewOf(run: Run): EndedRun {
  const { id, operation, resource, target, params, source, collision, batchId } = run
  return {
    ...{ id, operation, resource, target, params, source, collision },
    ...(batchId === undefined ? {} : { batchId }),
    ...stateOf(run),
    ...timesOf(run),
    evidence: evidenceOf(run),
  }
}

function stateOf(run: Run): Pick<EndedRun, keyof typeof Course> {
  const { state, attachedTo, job, progress, slowAt, doubt, outcome, cancelledBy, timeline } = run
  return {
    state,
    ...defined({ joinedRunId: attachedTo, jobId: job?.id, lastObserved: progress.lastObserved }),
    ...defined({
      lastObservedSince: progress.since,
      slow: slowAt === undefined ? undefined : true,
      doubt,
      outcome,
      cancelledBy,
    }),
    ...defined({
      timeline: timeline?.map(({ attachedTo: joinedRunId, ...entry }) => ({ ...entry, ...defined({ joinedRunId }) })),
    }),
  }
}

function timesOf(run: Run): Pick<EndedRun, keyof typeof Times> {
  const { createdAt, preparedAt, sentAt, acceptedAt, verifyingAt, notifiedAt, updatedAt, nextAt, deadlineAt } = run
  const endedAt = isFinal(run.state) ? (run.endedAt ?? updatedAt) : undefined
  return {
    createdAt,
    ...defined({ preparedAt, sentAt, acceptedAt, verifyingAt, endedAt, notifiedAt }),
    updatedAt,
    ...(endedAt ? {} : { nextAt }),
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
