import { type FindProvider, type Lookup, NoCredentials } from '../../cloud/provider.ts'
import type { RefusePlace } from '../ports.ts'

/** Who asks waits seconds for a secret that does not answer: not each time. */
const DOWN_MS = 10_000

/**
 * Says at the door that no run can go to a place. What only we can mend is no fault of who asks.
 * @param readAtMs when what is known of the accounts was read; whenever it is asked for, unless given
 */
export function refusePlace(
  provider: FindProvider,
  readAtMs: () => number = () => Number.POSITIVE_INFINITY,
  nowMs: () => number = Date.now,
): RefusePlace {
  let downUntilMs = Number.NEGATIVE_INFINITY
  const asked = async ([service, place]: Parameters<RefusePlace>, lookup?: Lookup): ReturnType<RefusePlace> => {
    try {
      await provider(service, place, lookup)
      return undefined
    } catch (error) {
      if (!(error instanceof NoCredentials)) throw error
      if (error.kind === 'unavailable') downUntilMs = nowMs() + DOWN_MS
      return error.field && { field: error.field, message: error.message }
    }
  }
  return async (...place) => {
    const begunAtMs = nowMs()
    if (begunAtMs < downUntilMs) return undefined
    const refused = await asked(place)
    if (!refused || readAtMs() >= begunAtMs) return refused
    const still = await asked(place, { refresh: true })
    // It may have been added just now: only what was read since says that it is not there.
    return readAtMs() >= begunAtMs ? still : undefined
  }
}
