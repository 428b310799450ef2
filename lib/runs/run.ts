import * as z from 'zod/mini'
import { sha256 } from '../basics/sha256.ts'
import type { CallContext } from '../cloud/call.ts'
import { Guarded } from './guards/guarded.ts'
import { record } from './record.ts'
import { State } from './states.ts'
import { Budget, Limits } from './tally.ts'
import { TimelineEntry } from './timeline.ts'

export const SourceKind = z.enum(['alarm', 'ticket', 'http']).check(z.describe('How a run was asked for'))

/** The requester of a run, and the reason. */
export const Source = record({
  kind: SourceKind.check(z.describe('How it was asked for')),
  name: z.string().check(z.describe('The channel, e.g. `cloudwatch`, `generic` or `api`')),
  id: z.string().check(z.describe("Identity of the requester: alarm ARN, webhook id, caller's ARN")),
  rule: z.optional(z.string()).check(z.describe('The rule that turned an alarm into this run')),
  reason: z.optional(z.string()).check(z.describe('Why, in the words of the requester')),
})
export type Source = z.infer<typeof Source>

/** The observations so far. */
export const Progress = record({
  lastObserved: z.optional(z.string()).check(z.describe("The newest observation, in the cloud's own words")),
  since: z.optional(z.iso.datetime()).check(z.describe('Since when it has been the same')),
  consecutive: z
    .int()
    .check(z.describe('How many times in a row the same was observed; probes that failed do not count')),
  observedCounts: z
    .record(z.string(), z.int())
    .check(z.describe('Observation -> how often, in the order of their first time: the evidence of the outcome')),
  failures: z.int().check(z.describe('Probes in a row that failed in a way that another probe will not cure')),
})
export type Progress = z.infer<typeof Progress>

/** An error that a cloud answered, or that kept it from answering. */
export const Failure = record({
  kind: z.string().check(z.describe('What kind of error it is, e.g. `denied`, `busy` or `throttled`')),
  code: z.optional(z.string()).check(z.describe("The cloud's own code")),
  message: z.string().check(z.describe('In words')),
})
export type Failure = z.infer<typeof Failure>

/** The run that has a resource. */
export const Holder = record({
  runId: z.string().check(z.describe('Id of the run')),
  operation: z.string().check(z.describe('Its operation')),
  since: z.iso.datetime().check(z.describe('Since when it has the resource')),
})
export type Holder = z.infer<typeof Holder>

/** The fate of a request whose resource another run has. (The same request joins that run.) */
export const Collision = z
  .enum(['queue', 'reject', 'skip'])
  .check(
    z.describe('The fate of a request if another run has the resource: it waits in line, is refused, or is skipped'),
  )
export type Collision = z.infer<typeof Collision>

export const Outcome = record({
  summary: z.string().check(z.describe('One sentence: what happened and, where it did not succeed, what to do')),
  providerDone: z
    .boolean()
    .check(z.describe('False where the provider may still be at work: then the resource stays reserved')),
  error: z.optional(Failure).check(z.describe("The provider's error, if there was one")),
  holder: z.optional(Holder).check(z.describe('The run that had the resource, if nothing was sent because of it')),
})
export type Outcome = z.infer<typeof Outcome>

/**
 * The durable record of one accepted request. Instants are ISO 8601 in UTC, to the millisecond. Users see the fields that have
 * a description. New fields must be at the top level: release 0.4 refuses to read new ones inside others.
 */
export const Run = record({
  id: z.string(),
  kind: z.literal('run'),
  operation: z.string(),
  resource: z
    .string()
    .check(z.describe('The one identity of the target, e.g. `huawei/dcs/<instance id>`; one run at a time has it')),
  target: z.looseObject({ account: z.optional(z.string()), region: z.string() }),
  params: z
    ._default(z.record(z.string(), z.unknown()), {})
    .check(z.describe('How to do it; `GET /operations` lists the params of each operation')),
  source: Source,
  collision: z._default(Collision, 'reject'),
  /** The limits of the rule that requested it. */
  limits: z.optional(Limits),
  episodeId: z.optional(z.string()).check(z.describe('Id of the episode whose alarm asked for it')),
  /** The budget of its caller, by the policy that allowed it. */
  budget: z.optional(Budget),
  batchId: z.optional(z.string()).check(z.describe('Id of the request for many targets that it belongs to')),
  state: State,
  attachedTo: z.optional(z.string()).check(z.describe('The live run of the same request that it waits for')),
  /** Another run has joined this one: those that have are woken when it ends. */
  isJoined: z.optional(z.boolean()),
  /** A poll happens only by a conditional write that raises it. */
  step: z.int().check(z.describe('Number of the next poll')),
  /** How often the provider was asked to accept the operation and was busy. */
  busyAnswers: z.int(),
  /** How often in a row it refused the operation for the state of its target although the gate allowed it, or answered in another shape. */
  stateRefusals: z.optional(z.int()),
  baseline: z.optional(z.unknown()).check(z.describe('What was read before it was sent; not in lists')),
  preparedAt: z
    .optional(z.iso.datetime())
    .check(z.describe('When the preparation of the operation, e.g. a backup, was requested')),
  /** The preparation, for people: `the backup before it`. */
  preparation: z.optional(z.string()),
  ...Guarded,
  /** When the previous run on its resource ended. */
  freeSince: z.optional(z.iso.datetime()),
  /** The preparation is made for this run alone: the cloud did not accept the one that was there. */
  insists: z.optional(z.boolean()),
  sentAt: z
    .optional(z.iso.datetime())
    .check(z.describe('When the intent to send it was written; from then on, the call may be on its way')),
  /** Absent where the worker was lost. */
  doubt: z.optional(Failure).check(z.describe('Why it is not known whether it has begun')),
  /** Its work was found without an answer to its call. Until then the call may still arrive, and that work be somebody else's. */
  mayArriveUntil: z.optional(z.iso.datetime()),
  /** By when it must be sent; `deadlineAt` is then the deadline of the call that is on its way. */
  sendByAt: z.optional(z.iso.datetime()),
  requestId: z.optional(z.string()).check(z.describe("The provider's id of the request that it accepted")),
  job: z.optional(record({ id: z.string() })).check(z.describe("The provider's own job, where there is one")),
  progress: Progress,
  timeline: z.optional(z.array(TimelineEntry)).check(z.describe('What happened, in order; not in lists')),
  /** When the look before the present observation was made: since then it has changed. */
  changedAfter: z.optional(z.iso.datetime()),
  /** Runs of one operation and one class take about as long, e.g. `8-batches`. */
  sizeClass: z.optional(z.string()),
  slowAt: z.optional(z.iso.datetime()).check(z.describe('When it had taken longer than 99 of 100 earlier runs')),
  /** Its resource was observed at work since it was sent. */
  sawWork: z.optional(z.boolean()),
  /** The observations that prove its end, in order: clauses for people. */
  proofs: z.optional(z.array(z.string())),
  outcome: z.optional(Outcome).check(z.describe('Present once it has ended')),
  /** The person or system that cancelled it. */
  cancelledBy: z.optional(z.string()),
  /** Trace context of the request that asked for it. https://www.w3.org/TR/trace-context/#traceparent-header */
  traceparent: z.optional(z.string()),
  createdAt: z.iso.datetime(),
  acceptedAt: z
    .optional(z.iso.datetime())
    .check(z.describe('When the provider accepted it, or was found to have done so')),
  verifyingAt: z.optional(z.iso.datetime()).check(z.describe('When the provider first reported it as done')),
  updatedAt: z.iso.datetime(),
  /** The sweeper ends it a little later. */
  deadlineAt: z.iso.datetime().check(z.describe('When it ends as `timed-out` at the latest')),
  nextAt: z.iso.datetime().check(z.describe('When the next submission or poll is planned')),
  endedAt: z.optional(z.iso.datetime()).check(z.describe('When it ended')),
  notifiedAt: z.optional(z.iso.datetime()).check(z.describe('When its end was published')),
  /** How many messages of this run ended in a dead-letter queue. */
  deadLetters: z.int(),
  /** How many observations were made after its deadline. */
  lateLooks: z.optional(z.int()),
  /** How often the sweeper sent another message since its last change. */
  rearms: z.optional(z.int()),
  /** Every change is conditional on it and raises it by one. */
  version: z.int(),
  /** Hash of the request as it is spelt: shows that a key was used for another one. */
  fingerprint: z.string(),
  /** The same of a whole request for many targets, and how many those are. */
  batchFingerprint: z.optional(z.string()),
  batchSize: z.optional(z.int()),
  /** The place of its target in that request, from 0. */
  batchIndex: z.optional(z.int()),
  /** Key of the sparse index: present while something must still happen. */
  due: z.optional(z.literal('due')),
  /** When the sweeper checks it, if nothing else has happened. */
  dueAt: z.optional(z.iso.datetime()),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.int(),
})
export type Run = z.infer<typeof Run>

/** The account and region of its calls. @param deadlineAtMs when they must have ended (epoch ms) */
export function callContextOf({ target }: Run, deadlineAtMs: number): CallContext {
  return { account: target.account, region: target.region, deadlineAtMs }
}

/** When the work may be expected to show from (epoch ms). */
export function acceptedMs({ acceptedAt, createdAt }: Pick<Run, 'acceptedAt' | 'createdAt'>): number {
  return Date.parse(acceptedAt ?? createdAt)
}

export const RUN_ID = /^run_[0-9a-f]{32}$/

/** The hash is that of the first run's id. */
export const BATCH_ID = /^batch_([0-9a-f]{32})$/

/** The same key gives the same run id: accepting twice is one conditional put. */
export function runId(idempotencyKey: string): string {
  return `run_${sha256(idempotencyKey).slice(0, 32)}`
}
