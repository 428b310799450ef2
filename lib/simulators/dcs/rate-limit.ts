import type { SimulatedAnswer } from '../server/answer.ts'
import { dcsError } from './answers.ts'

/** At most `limit` requests to one API in `seconds`; a limit of 0 means none. */
export interface RateLimit {
  limit: number
  seconds: number
}

/** The requests to one API since its window began. */
export interface RateWindow {
  startMs: number
  count: number
}

/** The part of the simulator's context that limits depend on. */
interface Limited {
  windows: Map<string, RateWindow>
  quirks: { rateLimit: RateLimit }
  now: () => number
}

/** As reported from the field (sbercloud terraform issue 388), for throttling without a limit of our own. */
const REPORTED: RateLimit = { limit: 5, seconds: 1 }

/** Counts a request to an API. @returns whether it is over the limit. Refused requests count, as reported of the real gateway */
export function isOverLimit({ windows, quirks, now }: Limited, api: string): boolean {
  const { limit, seconds } = quirks.rateLimit
  const nowMs = now()
  if (limit === 0) return false
  const known = windows.get(api)
  const window = known && nowMs < known.startMs + seconds * 1_000 ? known : { startMs: nowMs, count: 0 }
  window.count += 1
  windows.set(api, window)
  return window.count > limit
}

/** The gateway's answer to a request over the limit. Some clients parse the figures in its message. */
export function throttled(wording: { rateLimit: RateLimit; retryAfterSeconds: number }): SimulatedAnswer {
  const { limit, seconds } = wording.rateLimit.limit === 0 ? REPORTED : wording.rateLimit
  const reason = `policy ip over ratelimit,limit:${limit},time:${seconds} second`
  const refusal = dcsError('APIGW.0308', { message: `The throttling threshold has been reached: ${reason}` })
  const headers = wording.retryAfterSeconds > 0 ? { 'Retry-After': String(wording.retryAfterSeconds) } : {}
  return { ...refusal, headers }
}
