import type { Call, CallContext } from './call.ts'
import { CloudError, type ErrorKind } from './errors.ts'
import { memo } from './memo.ts'
import type { Operation } from './operation.ts'

/** So many calls without an answer, one after the other, and the rest are not tried for a while. */
const TRIPS_AT = 3

/** So long, before one call is let through again; twice as long each time that it gets no answer either. */
const OPEN_MS = 5_000
const MAX_OPEN_MS = 30_000

/** What tells that a cloud does not answer. */
const NO_ANSWER: ReadonlySet<ErrorKind> = new Set(['timeout', 'network', 'unavailable'])

/** More places than one process asks. */
const MAX_PLACES = 200

interface Line {
  /** Calls in a row that got no answer. */
  failures: number
  /** How often in a row it was left alone. */
  openings: number
  openUntilMs: number
}

/**
 * Keeps a cloud that hangs from holding up all that is asked of the others: each call to it takes seconds, and a worker has
 * only so many at a time. Counted for each cloud, account and region by itself, in this process alone. What is not tried is
 * `unavailable`, and certainly has not begun.
 */
export function withBreaker(call: Call, nowMs: () => number): Call {
  const lineOf = memo(MAX_PLACES, (): Line => ({ failures: 0, openings: 0, openUntilMs: 0 }))
  return async (operation, input, place) => {
    const line = lineOf(
      `${operation.service.provider}/${operation.service.name}/${place.account ?? ''}/${place.region}`,
    )
    const now = nowMs()
    const isProbe = line.openings > 0
    // A clock that was set back does not keep it open.
    const isOpen = isProbe && now < line.openUntilMs && line.openUntilMs - now <= MAX_OPEN_MS
    if (isOpen) throw notTried(operation, place, line, now)
    // One goes ahead; the others wait for what it hears.
    if (isProbe) line.openUntilMs = now + openMs(line.openings)
    try {
      const output = await call(operation, input, place)
      answered(line)
      return output
    } catch (error) {
      if (error instanceof CloudError) learn(line, error, isProbe, nowMs())
      throw error
    }
  }
}

function answered(line: Line): void {
  line.failures = 0
  line.openings = 0
}

function learn(line: Line, { facts: { kind, unsent } }: CloudError, isProbe: boolean, now: number): void {
  // Another may go ahead in its place.
  if (unsent && isProbe) line.openUntilMs = now
  if (unsent) return
  if (!NO_ANSWER.has(kind)) {
    answered(line)
    return
  }
  line.failures++
  // What was under way when it was opened is no probe, and tells nothing new.
  if (!isProbe && (line.openings > 0 || line.failures < TRIPS_AT)) return
  line.openings++
  line.openUntilMs = now + openMs(line.openings)
}

function openMs(openings: number): number {
  return Math.min(MAX_OPEN_MS, OPEN_MS * 2 ** (openings - 1))
}

function notTried(
  { name, service }: Pick<Operation, 'name' | 'service'>,
  { region }: CallContext,
  line: Line,
  now: number,
): CloudError {
  const retryAfterMs = line.openUntilMs - now
  const what = `${service.provider} in ${region} gave no answer to ${line.failures} calls in a row: it is left alone for ${Math.ceil(retryAfterMs / 1000)} s`
  return new CloudError({ operation: name, kind: 'unavailable', change: 'none', what, retryAfterMs, unsent: true })
}
