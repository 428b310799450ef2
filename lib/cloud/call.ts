import { type AttemptParts, attempt } from './attempt.ts'
import { createClocks } from './clocks.ts'
import { CloudError } from './errors.ts'
import { createLimiter } from './limiter.ts'
import type { Effect, Operation } from './operation.ts'
import { type AccountPlace, type FindProvider, NoCredentials, type Provider } from './provider.ts'
import { backoffMs, MAX_ATTEMPTS, mayRepeat } from './retry.ts'
import type { Send } from './send.ts'

export interface CallPlace extends AccountPlace {
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
  place: CallPlace,
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

export function createCall(parts: CallParts): Call {
  const limiter = createLimiter()
  const attemptParts = { ...parts, clocks: createClocks() }
  return async (operation, input, place) => {
    const checked = operation.input.safeParse(input)
    if (!checked.success) throw inputError(operation, checked.error.issues)
    const request = operation.request(checked.data)
    const { deadlineAtMs } = place
    const turn = async (provider: Provider): Promise<void> => {
      const key = `${operation.provider}/${provider.account}/${operation.api}`
      const nowMs = parts.nowMs()
      const waitMs = limiter.reserve(key, provider.perSecond, nowMs, Math.max(nowMs, deadlineAtMs))
      if (waitMs === undefined) throw crowded(operation, provider)
      if (waitMs > 0) await parts.sleep(waitMs)
    }
    const remedy = createRemedy(attemptParts, operation, place)
    let provider = await find(parts, operation, place, false)
    for (let tries = 1; ; ) {
      await turn(provider)
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS[operation.effect], deadlineAtMs - parts.nowMs())
      const result = await attempt(attemptParts, operation, provider, request, timeoutMs)
      if ('output' in result) return result.output
      const { failure } = result
      const mayCure = failure.kind === 'unauthenticated' && (operation.effect !== 'once' || failure.change === 'none')
      const cured = mayCure ? await remedy(result, provider) : undefined
      if (cured) provider = cured
      else {
        const waitMs = backoffMs(tries++, parts.random(), failure.retryAfterMs)
        const fits = parts.nowMs() + waitMs < deadlineAtMs
        if (tries > MAX_ATTEMPTS || !fits || !mayRepeat(failure, operation.effect)) throw new CloudError(failure)
        await parts.sleep(waitMs)
      }
    }
  }
}

type Remedy = (refused: { signedAtMs: number; date?: string }, provider: Provider) => Promise<Provider | undefined>

/**
 * What may help where credentials were refused, each once a call: the server's own time, and newer credentials.
 * @returns what to try again with
 */
function createRemedy(parts: CallParts & AttemptParts, operation: Operation, place: CallPlace): Remedy {
  const left = new Set(['clock', 'credentials'])
  return async ({ date, signedAtMs }, provider) => {
    if (left.has('clock') && parts.clocks.learn(provider.origin, date, signedAtMs, parts.nowMs())) {
      left.delete('clock')
      return provider
    }
    if (!left.delete('credentials')) return undefined
    const renewed = await find(parts, operation, place, true)
    return renewed.secrets.join() === provider.secrets.join() ? undefined : renewed
  }
}

async function find(parts: CallParts, operation: Operation, place: CallPlace, renewed: boolean): Promise<Provider> {
  const waitMs = Math.max(0, place.deadlineAtMs - parts.nowMs())
  try {
    return await within(waitMs, parts.provider(operation.provider, place, renewed))
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error
    throw new CloudError({ operation: operation.name, kind: error.kind, change: 'none', what: error.message })
  }
}

/** The source of credentials is asked over a network of its own. */
async function within<Value>(waitMs: number, asked: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const what = 'the credentials did not come in time'
  const timer = setTimeout(() => late.reject(new NoCredentials('unavailable', what)), waitMs)
  try {
    return await Promise.race([asked, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function crowded({ name, api }: Operation, { perSecond }: Provider): CloudError {
  const what = `${api} takes ${perSecond} calls a second, and too many are waiting for their turn`
  return new CloudError({ operation: name, kind: 'throttled', change: 'none', what })
}

function inputError(operation: Operation, issues: { path: PropertyKey[]; message: string }[]): CloudError {
  const what = issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')
  return new CloudError({ operation: operation.name, kind: 'input', change: 'none', what })
}
