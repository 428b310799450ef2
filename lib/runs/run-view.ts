import * as z from 'zod/mini'
import { Verdict } from './guards/verdict.ts'
import { Collision, Failure, Outcome, Source } from './run.ts'
import { State } from './states.ts'
import { TimelineEntry } from './timeline.ts'

/** The schema of a run as users see it: flat, without the bookkeeping, and the same in answers and in events. */

const instant = (what: string) => z.iso.datetime().check(z.describe(what))

/** The observations that the outcome follows from, and how they were counted. */
const Evidence = z
  .object({
    requestId: z.optional(z.string()).check(z.describe("The cloud's id of the request that it accepted")),
    observedCounts: z
      .record(z.string(), z.int())
      .check(z.describe('Observation -> how often it was made, in the order of the first time')),
    consecutive: z.int().check(z.describe('How many times in a row the newest observation was made')),
    failures: z.int().check(z.describe('Observations in a row that failed in a way that another one will not cure')),
    step: z.int().check(z.describe('Number of the next observation')),
    deadLetters: z.int().check(z.describe('How many of its messages ended in a dead-letter queue')),
    baseline: z
      .optional(z.unknown())
      .check(z.describe('What was read before the operation was sent; in `GET /runs/{id}` only')),
  })
  .check(z.describe('What the outcome follows from'))

const TARGET = 'What the operation acts on. Its other fields are those of the operation, as in `GET /operations`'

export const Target = z
  .looseObject({
    account: z.optional(z.string()).check(z.describe('Name of the account; absent for the default one')),
    region: z.string().check(z.describe('Region at the cloud')),
  })
  .check(z.describe(TARGET))

const Requested = {
  operation: z.string().check(z.describe('Name of the operation, as in `GET /operations`')),
  resource: z
    .string()
    .check(z.describe('The one identity of the target, e.g. `huawei/dcs/<id>`; one run at a time has it')),
  target: Target,
  params: z
    .record(z.string(), z.unknown())
    .check(z.describe('How it is done; `GET /operations` has the params of each operation')),
  source: Source.check(z.describe('Who asked, and why')),
  collision: Collision,
  episodeId: z.optional(z.string()).check(z.describe('Id of the episode whose alarm asked for it')),
  batchId: z.optional(z.string()).check(z.describe('Id of the batch that it belongs to')),
}

const Times = {
  createdAt: instant('When the request was accepted'),
  preparedAt: z.optional(instant('When the preparation of the operation, e.g. a backup, was requested')),
  sentAt: z.optional(instant('When the intent to send it was written; from then on, the call may be on its way')),
  acceptedAt: z.optional(instant('When the cloud accepted it, or was found to have done so')),
  verifyingAt: z.optional(instant('When the cloud first reported it as done')),
  endedAt: z.optional(instant('When it ended; absent while it lives')),
  notifiedAt: z.optional(instant('When its end was published')),
  updatedAt: instant('When it last changed'),
  nextAt: z.optional(instant('When the next step is planned; absent once it has ended')),
  notAfter: z.optional(instant('It is not sent later than this')),
  waitsUntil: z.optional(instant('A guard makes it wait until then at least; absent once it has ended')),
  deadlineAt: instant('When it ends as `timed-out` at the latest'),
  expiresAt: instant('When the record may be deleted'),
  durationSeconds: z.optional(z.int()).check(z.describe('From when it was sent, or else accepted, to its end')),
}

export type RunTimes = Pick<EndedRun, keyof typeof Times>

export const TimelineView = z.object({
  ...z.omit(TimelineEntry, { attachedTo: true }).shape,
  joinedRunId: z.optional(z.string()).check(z.describe('Id of the run that it joined')),
})

const Course = {
  state: State,
  joinedRunId: z.optional(z.string()).check(z.describe('Id of the live run of the same request that it joined')),
  jobId: z.optional(z.string()).check(z.describe("Id of the cloud's own job, where there is one")),
  lastObserved: z.optional(z.string()).check(z.describe("The newest observation, in the cloud's own words")),
  lastObservedSince: z.optional(instant('Since when it has been the same')),
  slow: z.optional(z.boolean()).check(z.describe('It has taken longer than 99 of 100 earlier runs of its kind')),
  doubt: z.optional(Failure).check(z.describe('Why it is not known whether it has begun; absent if that is known')),
  outcome: z.optional(Outcome).check(z.describe('How it ended; absent while it lives')),
  cancelledBy: z.optional(z.string()).check(z.describe('Who cancelled it')),
  verdicts: z
    .optional(z.array(Verdict))
    .check(z.describe('What its guards said when they were last asked, in their order; not in lists')),
  timeline: z.optional(z.array(TimelineView)).check(z.describe('What happened, in order; not in lists')),
}

export type RunCourse = Pick<EndedRun, keyof typeof Course>

/** A run as events have it. */
export const EndedRun = z.object({
  id: z.string().check(z.describe('Id of the run')),
  ...Requested,
  ...Course,
  ...Times,
  evidence: Evidence,
})
export type EndedRun = z.infer<typeof EndedRun>

/** Facts beside the record of a run; each needs a read of its own. */
export const RunDetails = z.object({
  expectedEndAt: z.optional(instant('The median of earlier runs of the operation; absent without any')),
  expectedEndInterval: z
    .optional(
      z.object({
        from: instant('One in ten of these runs was faster'),
        until: instant('One in ten of these runs was slower'),
        ofRuns: z.int().check(z.describe('The number of these runs')),
      }),
    )
    .check(z.describe('How sure `expectedEndAt` is')),
  positionInLine: z
    .optional(z.int())
    .check(z.describe('1 is next; present while it waits for its resource. Not in lists')),
  joinedByRunIds: z
    .optional(z.array(z.string()))
    .check(z.describe('Ids of the runs of the same request that joined it, oldest first. Not in lists')),
  reservedUntil: z.optional(instant('Until when its resource stays reserved although it has ended. Not in lists')),
  warnings: z
    .optional(z.array(z.string()))
    .check(z.describe('Limits of alarms that are used up on the resource, as they were found when it was accepted')),
})
export type RunDetails = z.infer<typeof RunDetails>

const Links = z
  .object({
    self: z.string().check(z.describe('Address of the run')),
    batch: z.optional(z.string()).check(z.describe('Address of its batch')),
    episode: z.optional(z.string()).check(z.describe('Address of its episode')),
  })
  .check(z.describe('Addresses'))

export const RunView = z.object({ ...EndedRun.shape, ...RunDetails.shape, links: Links })
export type RunView = z.infer<typeof RunView>
