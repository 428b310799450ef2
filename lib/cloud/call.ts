import { type AttemptParts, attempt, type FailedAttempt } from './attempt.ts'
import { createClocks } from './clocks.ts'
import { CloudError } from './errors.ts'
import { createLimiter } from './limiter.ts'
import type { Effect, Operation, RequestParts } from './operation.ts'
import { type AccountRegion, type FindProvider, type Lookup, NoCredentials, type Provider } from './provider.ts'
import { backoffMs, MAX_ATTEMPTS, mayRepeat } from './retry.ts'
import type { Send } from './send.ts'

export interface CallContext extends AccountRegion {
  /** When this call must have ended, all attempts and waits included (epoch ms). */
  deadlineAtMs: number
}

/**
 * Runs one operation: check input, build, wait for its turn, sign, send, read a refusal, check output.
 * @throws {CloudError} whatever goes wrong; `facts.change` tells whether the change may have begun
 */
export type Call = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  place: CallContext,
) => Promise<Output>

export interface CallParts {
  send: Send
  provider: FindProvider
  nowMs: () => number
  /** Uniform in [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
}

/**
 * One attempt gets at most this long: a hanging server leaves time for another attempt at a read, while a change, which
 * is not sent again, is waited for.
 */
const ATTEMPT_TIMEOUT_MS: Record<Effect, number> = { read: 8_000, idempotent: 8_000, once: 20_000 }

/** What is left for an attempt must be worth it: a change that is sent with no time for its answer leaves only doubt. */
const LEAST_MS: Record<Effect, number> = { read: 0, idempotent: 0, once: 5_000 }

export function createCall(parts: CallParts): Call {
  const limiter = createLimiter()
  const attemptParts = { ...parts, clocks: createClocks() }
  /** Takes a turn of the rate limit. @returns ms to wait for it */
  const turn = (operation: Operation, provider: Provider, deadlineAtMs: number): number => {
    const nowMs = parts.nowMs()
    const { account, perSecond } = provider
    const latestMs = Math.max(nowMs, deadlineAtMs - LEAST_MS[operation.effect])
    const waitMs = limiter.reserve(account, operation.api, perSecond, nowMs, latestMs)
    if (waitMs === undefined) throw crowded(operation, provider)
    return waitMs
  }
  return async (operation, input, place) => {
    const request = requestOf(operation, input)
    const { deadlineAtMs } = place
    let provider = await findProvider(parts, operation, place)
    let remedy: AuthRecovery | undefined
    for (let tries = 1; ; ) {
      const turnMs = turn(operation, provider, deadlineAtMs)
      if (turnMs > 0) await parts.sleep(turnMs)
      // Reading the baseline, or the credentials, may have taken what was left.
      if (parts.nowMs() + LEAST_MS[operation.effect] > deadlineAtMs) throw tooLate(operation)
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS[operation.effect], deadlineAtMs - parts.nowMs())
      const result = await attempt(attemptParts, operation, provider, request, timeoutMs)
      if ('output' in result) return result.output
      const { failure } = result
      remedy ??= createAuthRecovery(attemptParts, operation, place)
      const cured = await remedy(result, provider)
      if (cured) provider = cured
      else {
        const waitMs = backoffMs(tries++, parts.random(), failure.retryAfterMs)
        const fits = parts.nowMs() + waitMs + LEAST_MS[operation.effect] < deadlineAtMs
        if (tries > MAX_ATTEMPTS || !fits || !mayRepeat(failure, operation.effect)) throw new CloudError(failure)
        await parts.sleep(waitMs)
      }
    }
  }
}

/** Checks the input and builds the request. @throws {CloudError} `input` */
export function requestOf<Input, Output>(operation: Operation<Input, Output>, input: Input): RequestParts {
  const checked = operation.input.safeParse(input)
  if (!checked.success) throw inputError(operation, checked.error.issues)
  return operation.request(checked.data)
}

type AuthRecovery = (refused: FailedAttempt, provider: Provider) => Promise<Provider | undefined>

/**
 * What may help where credentials were refused, each once a call: the server's own time, and newer credentials.
 * @returns what to try again with
 */
function createAuthRecovery(parts: CallParts & AttemptParts, operation: Operation, place: CallContext): AuthRecovery {
  const left = new Set(['clock', 'credentials'])
  return async ({ failure, date, signedAtMs }, provider) => {
    const mayHelp = failure.kind === 'unauthenticated' && (operation.effect !== 'once' || failure.change === 'none')
    if (!mayHelp) return undefined
    if (left.has('clock') && parts.clocks.learn(provider.origin, date, signedAtMs, parts.nowMs())) {
      left.delete('clock')
      return provider
    }
    if (!left.delete('credentials')) return undefined
    const renewed = await findProvider(parts, operation, place, { refresh: true })
    return renewed.secrets.join() === provider.secrets.join() ? undefined : renewed
  }
}

/** The provider of the place. @throws {CloudError} where there are no credentials for it, or they do not come in time */
export async function findProvider(
  parts: Pick<CallParts, 'provider' | 'nowMs'>,
  operation: Pick<Operation, 'name' | 'service'>,
  place: CallContext,
  lookup?: Lookup,
): Promise<Provider> {
  try {
    const found = parts.provider(operation.service, place, lookup)
    return found instanceof Promise ? await within(place.deadlineAtMs - parts.nowMs(), found) : found
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error
    throw new CloudError({
      operation: operation.name,
      kind: error.kind,
      change: 'none',
      what: error.message,
      unsent: true,
    })
  }
}

/** The source of credentials is asked over a network of its own. */
async function within<Value>(waitMs: number, asked: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const what = 'the credentials did not come in time'
  const timer = setTimeout(() => late.reject(new NoCredentials('unavailable', what)), Math.max(0, waitMs))
  try {
    return await Promise.race([asked, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function crowded({ name, api }: Operation, { perSecond }: Provider): CloudError {
  const what = `${api} takes ${perSecond} calls a second, and too many are waiting for their turn`
  return new CloudError({ operation: name, kind: 'throttled', change: 'none', what, unsent: true })
}

function tooLate({ name }: Operation): CloudError {
  const what = 'no time was left to hear the answer'
  return new CloudError({ operation: name, kind: 'timeout', change: 'none', what, unsent: true })
}

function inputError(operation: Operation, issues: { path: PropertyKey[]; message: string }[]): CloudError {
  const what = issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')
  return new CloudError({ operation: operation.name, kind: 'input', change: 'none', what, unsent: true })
}
