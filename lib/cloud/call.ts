import { type AttemptParts, attempt, type FailedAttempt } from './attempt.ts'
import { type RecoverableCall, recoverAuth } from './auth-recovery.ts'
import { createClocks } from './clocks.ts'
import { CloudError } from './errors.ts'
import { findProvider } from './find-provider.ts'
import { createLimiter, type Limiter } from './limiter.ts'
import type { Effect, Operation, RequestParts } from './operation.ts'
import type { AccountRegion, FindProvider } from './provider.ts'
import { backoffMs, MAX_ATTEMPTS, mayRepeat } from './retry.ts'
import type { Send } from './send.ts'

export interface CallContext extends AccountRegion {
  /** When this call must have ended, all attempts and waits included (epoch ms). */
  deadlineAtMs: number
  /** How old the list may be that answers instead of a read of its own (ms); absent = no list may. See `withSharedReads`. */
  listAgeMs?: number | undefined
}

/**
 * Runs one operation and returns its checked output.
 * @throws {CloudError} for every failure; `facts.change` tells whether the change may have begun
 */
export type Call = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  context: CallContext,
) => Promise<Output>

export interface CallParts {
  send: Send
  provider: FindProvider
  nowMs: () => number
  /** Uniform in [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
}

interface Parts extends CallParts, AttemptParts {
  limiter: Limiter
}

/** One call while it runs. */
interface RunningCall<Input, Output> extends RecoverableCall {
  operation: Operation<Input, Output>
  context: CallContext
  request: RequestParts
  /** Attempts that failed for another reason than credentials. */
  failedAttempts: number
}

export function createCall(callParts: CallParts): Call {
  const parts: Parts = { ...callParts, limiter: createLimiter(), clocks: createClocks() }
  return async (operation, input, context) => {
    const call = await prepareCall(parts, operation, { input, context })
    for (;;) {
      const slotMs = takeSlot(parts, call)
      if (slotMs > 0) await parts.sleep(slotMs)
      const result = await attempt(parts, call, attemptTimeoutMs(parts, call))
      if ('output' in result) return result.output
      await recoverOrThrow(parts, call, result)
    }
  }
}

/** Step 1: checks the input, builds the request, and finds the account. */
async function prepareCall<Input, Output>(
  parts: Parts,
  operation: Operation<Input, Output>,
  { input, context }: { input: Input; context: CallContext },
): Promise<RunningCall<Input, Output>> {
  const request = requestOf(operation, input)
  const provider = await findProvider(parts, operation, context)
  return { operation, context, request, provider, failedAttempts: 0, clockCorrected: false, credentialsRenewed: false }
}

/** A hanging server leaves time for a second attempt at a read; a `once` change is not repeated after a time-out, so it gets longer. */
const ATTEMPT_TIMEOUT_MS: Record<Effect, number> = { read: 8_000, idempotent: 8_000, once: 20_000 }

/** An attempt is not begun with less time left: a change without time for its answer would only leave doubt. */
const MIN_ATTEMPT_MS: Record<Effect, number> = { read: 0, idempotent: 0, once: 5_000 }

/** The time of one attempt (ms). @throws {CloudError} where the slot, the credentials or the baseline have used it up */
function attemptTimeoutMs<Input, Output>(parts: Parts, { operation, context }: RunningCall<Input, Output>): number {
  const leftMs = context.deadlineAtMs - parts.nowMs()
  if (leftMs < MIN_ATTEMPT_MS[operation.effect]) throw tooLate(operation)
  return Math.min(ATTEMPT_TIMEOUT_MS[operation.effect], leftMs)
}

/** Step 2: reserves the next slot of the rate limit, for an attempt to sign, send and read once. @returns ms to wait for it */
function takeSlot<Input, Output>(parts: Parts, { operation, provider, context }: RunningCall<Input, Output>): number {
  const nowMs = parts.nowMs()
  const { account, perSecond } = provider
  const latestMs = Math.max(nowMs, context.deadlineAtMs - MIN_ATTEMPT_MS[operation.effect])
  const waitMs = parts.limiter.reserve({
    account,
    api: `${operation.service.name}/${operation.api}`,
    perSecond,
    nowMs,
    latestMs,
  })
  if (waitMs === undefined) throw noSlot(operation, perSecond)
  return waitMs
}

/** Step 3: corrects the clock, renews the credentials or waits, so that another attempt may succeed. @throws {CloudError} otherwise */
async function recoverOrThrow<Input, Output>(
  parts: Parts,
  call: RunningCall<Input, Output>,
  failed: FailedAttempt,
): Promise<void> {
  if (await recoverAuth(parts, call, failed)) return
  const { failure } = failed
  const { effect } = call.operation
  call.failedAttempts++
  const waitMs = backoffMs(call.failedAttempts, parts.random(), failure.retryAfterMs)
  const hasTime = parts.nowMs() + waitMs + MIN_ATTEMPT_MS[effect] < call.context.deadlineAtMs
  const isRepeated = call.failedAttempts < MAX_ATTEMPTS && hasTime && mayRepeat(failure, effect)
  if (!isRepeated) throw new CloudError(failure)
  await parts.sleep(waitMs)
}

/** Checks the input and builds the request. @throws {CloudError} `input` */
export function requestOf<Input, Output>(operation: Operation<Input, Output>, input: Input): RequestParts {
  const checked = operation.input.safeParse(input)
  if (!checked.success) throw inputError(operation, checked.error.issues)
  return operation.request(checked.data)
}

type Named = Pick<Operation, 'name'>

function inputError({ name }: Named, issues: { path: PropertyKey[]; message: string }[]): CloudError {
  const what = issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')
  return new CloudError({ operation: name, kind: 'input', change: 'none', what, unsent: true })
}

function noSlot({ name, api }: Named & Pick<Operation, 'api'>, perSecond: number): CloudError {
  const what = `too many calls of ${api} wait for the rate limit of ${perSecond} a second`
  return new CloudError({ operation: name, kind: 'throttled', change: 'none', what, unsent: true })
}

function tooLate({ name }: Named): CloudError {
  const what = 'not sent: too little time was left for an answer'
  return new CloudError({ operation: name, kind: 'timeout', change: 'none', what, unsent: true })
}
