import type { CloudErrorFacts, ErrorKind } from './errors.ts'
import type { Effect } from './operation.ts'

/** Attempts of one call, the first included. Few and short: waiting costs nothing in the queue, but costs here. */
export const MAX_ATTEMPTS = 3

const BASE_MS = 200
const CAP_MS = 2_000

/**
 * Whether another attempt a moment later may succeed. `busy` is not temporary here, because an instance works for minutes;
 * nor is `unauthenticated`, because the same credentials sign the same way.
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

/** Whether the same request may be sent once more: the failure is temporary, and a second request cannot act twice. */
export function mayRepeat(failure: CloudErrorFacts, effect: Effect): boolean {
  return TEMPORARY[failure.kind] && (effect !== 'once' || failure.change === 'none')
}

/** Whether the failure may end by itself within seconds or minutes, so that the queue may wait for it. */
export function mayPass(failure: CloudErrorFacts): boolean {
  return TEMPORARY[failure.kind] || failure.kind === 'busy'
}

/**
 * Wait before attempt `attempt + 1` (ms): exponential with full jitter, added to the wait that the server asked for, so that
 * clients refused together do not return together.
 * @param random uniform in [0, 1)
 */
export function backoffMs(attempt: number, random: number, retryAfterMs = 0): number {
  return retryAfterMs + random * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1))
}

/** `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3), in ms. @param serverNowMs the server's time, where known */
export function retryAfterMs(header: string | undefined, serverNowMs: number): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - serverNowMs
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

/** Longer than any run. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000
