import type { CloudErrorFacts, ErrorKind } from './errors.ts'
import type { Effect } from './operation.ts'

/** Attempts of one call, the first included. Few and short: longer waits belong to the queue, where nobody pays for them. */
export const MAX_ATTEMPTS = 3

const BASE_MS = 200
const CAP_MS = 2_000

/**
 * Kinds that another attempt a moment later may cure. `busy` is not among them: an instance at work takes minutes.
 * `unauthenticated` is not either: the same credentials sign the same way.
 */
const TEMPORARY = {
  input: false,
  invalid: false,
  unauthenticated: false,
  denied: false,
  'not-found': false,
  unsupported: false,
  precondition: false,
  busy: false,
  throttled: true,
  unavailable: true,
  failed: false,
  timeout: true,
  network: true,
  unreadable: true,
} as const satisfies Record<ErrorKind, boolean>

/** Whether the same request may be sent once more: the trouble may pass, and sending twice cannot act twice. */
export function mayRepeat(failure: CloudErrorFacts, effect: Effect): boolean {
  return TEMPORARY[failure.kind] && (effect !== 'once' || failure.change === 'none')
}

/** Whether the trouble may pass on its own if one waits seconds or minutes: what a queue is for. */
export function mayPass(failure: CloudErrorFacts): boolean {
  return TEMPORARY[failure.kind] || failure.kind === 'busy'
}

/**
 * Wait before attempt `attempt + 1` (ms): exponential with full jitter, on top of what the server asked for: all that it
 * sent away at once must not come back at once.
 * @param random uniform in [0, 1)
 */
export function backoffMs(attempt: number, random: number, retryAfterMs = 0): number {
  return retryAfterMs + random * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1))
}

/** `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3), in ms. @param serverNowMs its own clock's time, where known */
export function retryAfterMs(header: string | undefined, serverNowMs: number): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - serverNowMs
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

/** Longer than any run lives. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000
