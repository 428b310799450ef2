import * as z from 'zod'
import { sha256 } from '../basics/sha256.ts'
import type { CallContext } from '../cloud/call.ts'
import { Limits } from './lease/tally.ts'
import { record } from './record.ts'
import { State } from './states.ts'
import { TimelineEntry } from './timeline.ts'

/** Who asked, and why. */
export const Source = record({
  kind: z.enum(['alarm', 'ticket', 'http']),
  name: z.string().describe('The channel, e.g. `cloudwatch`, `generic` or `api`'),
  id: z.string().describe("Identity of what asked: alarm ARN, webhook id, caller's ARN"),
  rule: z.string().optional().describe('The rule that turned an alarm into this run'),
  reason: z.string().optional(),
})
export type Source = z.infer<typeof Source>

/** What the probes have seen so far. */
export const Progress = record({
  lastObserved: z.string().optional().describe("The newest observation, in the cloud's own words"),
  since: z.iso.datetime().optional().describe('Since when it has been the same'),
  consecutive: z
    .number()
    .int()
    .describe('How many times in a row the same was observed; looks that failed do not count'),
  observedCounts: z
    .record(z.string(), z.number().int())
    .describe('Observation -> how often, in order of first sight: the evidence of the outcome'),
  failures: z.number().int().describe('Probes in a row that failed in a way that another probe will not cure'),
})
export type Progress = z.infer<typeof Progress>

/** What a cloud answered, or that it did not. */
export const Failure = record({ kind: z.string(), code: z.string().optional(), message: z.string() })
export type Failure = z.infer<typeof Failure>

/** The run that has a resource. */
export const Holder = record({ runId: z.string(), operation: z.string(), since: z.iso.datetime() })
export type Holder = z.infer<typeof Holder>

/** What becomes of a wish whose resource another wish has. (The same wish joins the run that has it.) */
export const Collision = z.enum(['queue', 'reject', 'skip'])
export type Collision = z.infer<typeof Collision>

export const Outcome = record({
  summary: z.string().describe('One sentence: what happened, and where it ended otherwise, what to do'),
  providerDone: z
    .boolean()
    .describe('False where work of the provider may still go on: then the target stays reserved'),
  error: Failure.optional().describe("The provider's error, where there was one"),
  holder: Holder.optional().describe('Who had the resource, where that is why nothing was sent'),
})
export type Outcome = z.infer<typeof Outcome>

/**
 * The durable record of one accepted wish. Instants are ISO 8601 in UTC, to the millisecond. What has a description, users
 * see. New fields come at the top: release 0.4 refuses to read what is new further down.
 */
export const Run = record({
  id: z.string(),
  kind: z.literal('run'),
  operation: z.string(),
  resource: z
    .string()
    .describe('The one identity of what it acts on, e.g. `huawei/dcs/<instance id>`: it is held alone'),
  target: z.looseObject({ account: z.string().optional(), region: z.string() }),
  params: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('How it is to be done; what an operation takes, `GET /operations` says'),
  source: Source,
  collision: Collision.default('reject'),
  /** Of the rule that asked for it. */
  limits: Limits.optional(),
  batchId: z.string().optional().describe('The request of many targets that it came with'),
  state: State,
  attachedTo: z.string().optional().describe('The live run of the same wish that it waits for'),
  /** A poll happens only by moving it on. */
  step: z.number().int().describe('Number of the next poll'),
  /** How often the provider was asked to take the operation on and was busy. */
  busyAnswers: z.number().int(),
  /** How often in a row it refused it for the state of its target, which looks as if it could be; or answered in another shape. */
  stateRefusals: z.number().int().optional(),
  baseline: z.unknown().optional().describe('What was read before it was sent; not where many runs are listed'),
  preparedAt: z.iso
    .datetime()
    .optional()
    .describe('When what must precede the operation, e.g. a backup, was asked for'),
  /** What that is, for people: `the backup before it`. */
  preparation: z.string().optional(),
  /** When the run before it on its resource ended. */
  freeSince: z.iso.datetime().optional(),
  /** What must precede it is made for it alone: the cloud did not take what was there. */
  insists: z.boolean().optional(),
  sentAt: z.iso
    .datetime()
    .optional()
    .describe('When the intent to send it was written: from then on, the call may be on its way'),
  /** Without it the worker was lost. */
  doubt: Failure.optional().describe('Why it is not known whether it has begun'),
  /** Found without an answer to its call: so long the call itself may still be on its way, and what was found somebody else's. */
  mayArriveUntil: z.iso.datetime().optional(),
  /** By when it had to be sent, while `deadlineAt` is that of the call which is on its way. */
  sendByAt: z.iso.datetime().optional(),
  requestId: z.string().optional().describe("The provider's id of the request that it took on"),
  job: record({ id: z.string() }).optional().describe("The provider's own job, where there is one"),
  progress: Progress,
  timeline: z.array(TimelineEntry).optional().describe('What happened, in order; not where many runs are listed'),
  /** Its resource was seen at work since it was sent. */
  sawWork: z.boolean().optional(),
  /** What was observed that proves its end, in order: clauses for people. */
  proofs: z.array(z.string()).optional(),
  outcome: Outcome.optional().describe('There from the moment that it has ended'),
  createdAt: z.iso.datetime(),
  acceptedAt: z.iso.datetime().optional().describe('When the provider took it on, or was found to have done so'),
  verifyingAt: z.iso.datetime().optional().describe('When the provider was first seen to be done'),
  updatedAt: z.iso.datetime(),
  /** Plus the sweeper's bound. */
  deadlineAt: z.iso.datetime().describe('When it ends as `timed-out` at the latest'),
  nextAt: z.iso.datetime().describe('When the next submission or poll is planned'),
  endedAt: z.iso.datetime().optional().describe('When it ended'),
  notifiedAt: z.iso.datetime().optional().describe('When its end was told'),
  /** How many messages of this run ended in a dead-letter queue. */
  deadLetters: z.number().int(),
  /** How many looks were taken after its deadline. */
  lateLooks: z.number().int().optional(),
  /** How often the sweeper sent another message since anything else happened. */
  rearms: z.number().int().optional(),
  /** Every change is conditional on it and raises it by one. */
  version: z.number().int(),
  /** What was wished for, hashed: tells the same wish, and a key that was used for another one. */
  fingerprint: z.string(),
  /** The same of all that was asked for in one request, where that was more; and how many targets it had. */
  batchFingerprint: z.string().optional(),
  batchSize: z.number().int().optional(),
  /** Key of the sparse index: present exactly while something must still happen. */
  due: z.literal('due').optional(),
  /** When the sweeper looks after it, should nothing else have happened. */
  dueAt: z.iso.datetime().optional(),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.number().int(),
})
export type Run = z.infer<typeof Run>

/** A run as users see it: without the bookkeeping. */
export const RunView = z.object(
  Run.omit({
    kind: true,
    version: true,
    fingerprint: true,
    batchFingerprint: true,
    batchSize: true,
    due: true,
    dueAt: true,
    expiresAtSeconds: true,
    deadLetters: true,
    busyAnswers: true,
    limits: true,
    stateRefusals: true,
    freeSince: true,
    insists: true,
    mayArriveUntil: true,
    sendByAt: true,
    sawWork: true,
    preparation: true,
    proofs: true,
    rearms: true,
    lateLooks: true,
  }).extend({
    deadLetters: z.number().int().optional().describe('How many of its messages were given up, where any was'),
    warnings: z
      .array(z.string())
      .optional()
      .describe('Limits of alarms that are used up there, as `POST /runs` saw it'),
  }).shape,
)
export type RunView = z.infer<typeof RunView>

const VIEWED = new Set(Object.keys(RunView.shape).filter((name) => name !== 'deadLetters' && name !== 'warnings'))

export function viewOf(run: Run): RunView {
  const view = Object.fromEntries(Object.entries(run).filter(([name]) => VIEWED.has(name))) as RunView // its own fields
  return run.deadLetters > 0 ? { ...view, deadLetters: run.deadLetters } : view
}

/** A run among many: without what may be large, what was read before it and its timeline. */
export function listedViewOf(run: Run): Omit<RunView, 'baseline' | 'timeline'> {
  const { baseline, timeline, ...view } = viewOf(run)
  return view
}

/** Where its calls go. @param deadlineAtMs when they must have ended (epoch ms) */
export function placeOf({ target }: Run, deadlineAtMs: number): CallContext {
  return { account: target.account, region: target.region, deadlineAtMs }
}

export const RUN_ID = /^run_[0-9a-f]{32}$/

/** The same key gives the same run: accepting twice is one conditional put. */
export function runId(idempotencyKey: string): string {
  return `run_${sha256(idempotencyKey).slice(0, 32)}`
}
