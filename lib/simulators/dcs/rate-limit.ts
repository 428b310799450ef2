import type { SimulatedAnswer } from '../server/answer.ts'
import { dcsError } from './answers.ts'

/** So many requests to one API in so many seconds; a limit of 0 takes all. */
export interface RateLimit {
  limit: number
  seconds: number
}

/** The requests to one API since its window began. */
export interface RateWindow {
  startMs: number
  count: number
}

/** What the field was told (sbercloud terraform issue 388), for throttling without a limit of our own. */
const SEEN: RateLimit = { limit: 5, seconds: 1 }

/** Counts a request to an API and says whether it is one too many. Refused ones count too, as reported of the real one. */
export function isOverLimit(
  windows: Map<string, RateWindow>,
  { limit, seconds }: RateLimit,
  api: string,
  nowMs: number,
): boolean {
  if (limit === 0) return false
  const known = windows.get(api)
  const window = known && nowMs < known.startMs + seconds * 1_000 ? known : { startMs: nowMs, count: 0 }
  window.count += 1
  windows.set(api, window)
  return window.count > limit
}

/** The gateway's answer to one request too many, with Retry-After if asked; some clients parse the figures in its message. */
export function throttled(wording: { rateLimit: RateLimit; retryAfterSeconds: number }): SimulatedAnswer {
  const { limit, seconds } = wording.rateLimit.limit === 0 ? SEEN : wording.rateLimit
  const reason = `policy ip over ratelimit,limit:${limit},time:${seconds} second`
  const refusal = dcsError('APIGW.0308', { message: `The throttling threshold has been reached: ${reason}` })
  const headers = wording.retryAfterSeconds > 0 ? { 'Retry-After': String(wording.retryAfterSeconds) } : {}
  return { ...refusal, headers }
}
