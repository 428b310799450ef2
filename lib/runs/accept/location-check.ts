import { type FindProvider, type Lookup, NoCredentials } from '../../cloud/provider.ts'
import type { CheckLocation } from '../ports.ts'

/** A secret that does not answer costs the sender of a request seconds: it is not asked for again so soon. */
const DOWN_MS = 10_000

/**
 * Tells, before a request is accepted, why no run can work in its account and region. A fault that only we can mend is not
 * reported to the sender.
 * @param readAtMs when the accounts were last read; unless given, they are read each time
 */
export function locationCheck(
  provider: FindProvider,
  readAtMs: () => number = () => Number.POSITIVE_INFINITY,
  nowMs: () => number = Date.now,
): CheckLocation {
  let downUntilMs = Number.NEGATIVE_INFINITY
  const check = async ([service, location]: Parameters<CheckLocation>, lookup?: Lookup): ReturnType<CheckLocation> => {
    try {
      await provider(service, location, lookup)
      return undefined
    } catch (error) {
      if (!(error instanceof NoCredentials)) throw error
      if (error.kind === 'unavailable') downUntilMs = nowMs() + DOWN_MS
      return error.field && { field: error.field, message: error.message }
    }
  }
  return async (...location) => {
    const begunAtMs = nowMs()
    if (begunAtMs < downUntilMs) return undefined
    const refused = await check(location)
    if (!refused || readAtMs() >= begunAtMs) return refused
    const stillRefused = await check(location, { refresh: true })
    // The account may have been added just now: only accounts read since then prove that it is missing.
    return readAtMs() >= begunAtMs ? stillRefused : undefined
  }
}
