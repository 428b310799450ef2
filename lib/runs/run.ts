import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { CallPlace } from '../cloud/call.ts'
import { State } from './states.ts'

/** Who asked, and why. */
export const Source = z.strictObject({
  kind: z.enum(['alarm', 'ticket', 'http']),
  /** The channel: `cloudwatch`, `generic`, `api`. */
  name: z.string(),
  /** Identity of what asked: alarm ARN, webhook id, caller's ARN. */
  id: z.string(),
  /** The rule that turned an alarm into this run. */
  rule: z.string().optional(),
  reason: z.string().optional(),
})
export type Source = z.infer<typeof Source>

/** What the probes have seen so far. */
export const Progress = z.strictObject({
  /** The newest observation, in the cloud's own words. */
  said: z.string().optional(),
  /** Since when it has been the same. */
  since: z.iso.datetime().optional(),
  /** How many times in a row the same observation counted towards the end. */
  streak: z.number().int(),
  /** Observation -> how often, in order of first sight: the evidence of the outcome. */
  seen: z.record(z.string(), z.number().int()),
  /** Probes in a row that failed in a way that another probe will not cure. */
  failures: z.number().int(),
})
export type Progress = z.infer<typeof Progress>

/** What a cloud answered, or that it did not. */
export const Failure = z.strictObject({ kind: z.string(), code: z.string().optional(), message: z.string() })
export type Failure = z.infer<typeof Failure>

/** The run that has a resource. */
export const Holder = z.strictObject({ runId: z.string(), operation: z.string(), since: z.iso.datetime() })
export type Holder = z.infer<typeof Holder>

/** What becomes of a wish whose resource another wish has. (The same wish joins the run that has it.) */
export const Collision = z.enum(['queue', 'reject', 'skip'])
export type Collision = z.infer<typeof Collision>

export const Outcome = z.strictObject({
  /** One sentence: what happened, and where it ended otherwise, what to do. */
  summary: z.string(),
  /** Whether the provider's work may still go on: then the target stays reserved. */
  providerDone: z.boolean(),
  /** The provider's error, where there was one. */
  error: Failure.optional(),
  /** Who had the resource, where that is why nothing was sent. */
  holder: Holder.optional(),
})
export type Outcome = z.infer<typeof Outcome>

/**
 * The durable record of one accepted wish. Instants are ISO 8601 in UTC, to the millisecond. Fields that it does not know
 * are dropped, not refused: another release may have written them.
 */
export const Run = z.object({
  id: z.string(),
  kind: z.literal('run'),
  operation: z.string(),
  target: z.looseObject({ account: z.string().optional(), region: z.string() }),
  /** How it is to be done; what an operation takes, `GET /operations` says. */
  params: z.record(z.string(), z.unknown()).default({}),
  source: Source,
  collision: Collision.default('reject'),
  /** The request of many targets that it came with. */
  batchId: z.string().optional(),
  state: State,
  /** The live run of the same wish that it waits for. */
  attachedTo: z.string().optional(),
  /** Number of the next poll. A poll happens only by moving it on. */
  step: z.number().int(),
  /** How often the provider was asked to take the operation on and was busy. */
  busyAnswers: z.number().int(),
  baseline: z.unknown().optional(),
  /** When what must precede the operation, e.g. a backup, was asked for. */
  preparedAt: z.iso.datetime().optional(),
  /** When the intent to send it was written: from then on, the call may be on its way. */
  sentAt: z.iso.datetime().optional(),
  /** Why it is not known whether it has begun; without it the worker was lost. */
  doubt: Failure.optional(),
  /** How often it was sent again, because it provably had not begun. */
  resent: z.number().int().default(0),
  /** The provider's id of the request that it took on. */
  requestId: z.string().optional(),
  job: z.strictObject({ id: z.string() }).optional(),
  progress: Progress,
  outcome: Outcome.optional(),
  createdAt: z.iso.datetime(),
  /** When the provider took it on. */
  acceptedAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime(),
  /** When the run ends as `timed-out` at the latest (plus the sweeper's bound). */
  deadlineAt: z.iso.datetime(),
  /** When the next submission or poll is planned. */
  nextAt: z.iso.datetime(),
  notifiedAt: z.iso.datetime().optional(),
  /** How many messages of this run ended in a dead-letter queue. */
  buried: z.number().int(),
  /** Every change is conditional on it and raises it by one. */
  version: z.number().int(),
  /** What was wished for, hashed: tells the same wish, and a key that was used for another one. */
  fingerprint: z.string(),
  /** The same of all that was asked for in one request, where that was more. */
  batchFingerprint: z.string().optional(),
  /** Key of the sparse index: present exactly while something must still happen. */
  due: z.literal('due').optional(),
  /** When the sweeper looks after it, should nothing else have happened. */
  dueAt: z.iso.datetime().optional(),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.number().int(),
})
export type Run = z.infer<typeof Run>

/** A run as users see it: without the bookkeeping. */
export type RunView = Omit<
  Run,
  | 'kind'
  | 'version'
  | 'fingerprint'
  | 'batchFingerprint'
  | 'due'
  | 'dueAt'
  | 'expiresAtSeconds'
  | 'buried'
  | 'busyAnswers'
  | 'resent'
> & {
  /** How many of its messages were given up, where any was. */
  buried?: number
}

export function viewOf(run: Run): RunView {
  const { kind, version, fingerprint, batchFingerprint, due, dueAt, expiresAtSeconds, ...rest } = run
  const { buried, busyAnswers, resent, ...view } = rest
  return buried > 0 ? { ...view, buried } : view
}

/** A run among many: without what was read before it, which may be large. */
export function listedViewOf(run: Run): Omit<RunView, 'baseline'> {
  const { baseline, ...view } = viewOf(run)
  return view
}

/** Where its calls go. @param deadlineAtMs when they must have ended (epoch ms) */
export function placeOf({ target }: Run, deadlineAtMs: number): CallPlace {
  return { account: target.account, region: target.region, deadlineAtMs }
}

export const RUN_ID = /^run_[0-9a-f]{32}$/

/** The same key gives the same run: accepting twice is one conditional put. */
export function runId(idempotencyKey: string): string {
  return `run_${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)}`
}
