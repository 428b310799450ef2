import type { Facts } from './check.ts'
import { hasEnded, resourceOf } from './runs.ts'
import { MOST_ON_THE_WAY_MS } from './slow-line.ts'

/** Seconds. */
export interface Spread {
  count: number
  median: number
  p95: number
  most: number
}

/** From the start of a life until it listens. */
export function startTimes({ lives }: Facts): Spread {
  return spread(lives.flatMap(({ startedAt, listenedAt }) => (listenedAt ? [listenedAt - startedAt] : [])))
}

/** From each kill until any life after it listens: while the product starts it may be killed again. */
export function outages({ lives }: Facts): Spread {
  const listened = lives.flatMap(({ listenedAt }) => listenedAt ?? [])
  const kills = lives.flatMap(({ killedAt, listenedAt }) => (killedAt && listenedAt ? [killedAt] : []))
  return spread(kills.map((killedAt) => firstFrom(listened, killedAt) - killedAt))
}

/**
 * From each kill, for each run that was live, until its cloud heard of its resource again, or it ended. A cloud that hears
 * of it is the next step itself; that the product writes something into the run is not.
 */
export function standstills(
  { lives, runs, tally }: Pick<Facts, 'lives' | 'runs' | 'tally'>,
  kills: 'all' | 'last',
): Spread {
  const killed = lives.flatMap(({ killedAt }) => killedAt ?? [])
  return spread(
    killed.slice(kills === 'last' ? -1 : 0).flatMap((killedAt) =>
      runs
        .map((run) => ({
          began: Date.parse(run.createdAt),
          ended: hasEnded(run) ? Date.parse(run.updatedAt) : Number.POSITIVE_INFINITY,
          contacts: tally.contacts[resourceOf(run)] ?? [],
        }))
        .filter(({ began, ended }) => began < killedAt && ended > killedAt)
        // What the one that was killed had sent arrives after its death.
        .map(({ contacts, ended }) => Math.min(ended, firstFrom(contacts, killedAt + MOST_ON_THE_WAY_MS)) - killedAt),
    ),
  )
}

/** From acceptance to the end. */
export function durations({ runs }: Facts): Spread {
  return spread(runs.filter(hasEnded).map(({ createdAt, updatedAt }) => Date.parse(updatedAt) - Date.parse(createdAt)))
}

function firstFrom(instants: number[], ms: number): number {
  return Math.min(...instants.filter((at) => at >= ms))
}

function spread(ms: number[]): Spread {
  const sorted = ms
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
    .map((one) => one / 1000)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { count: sorted.length, median: at(0.5), p95: at(0.95), most: sorted.at(-1) ?? 0 }
}

/** Memory of the lives that listened, as each had it when it was killed (MB). */
export function memory({ lives }: Facts): { median: number; most: number } {
  const sorted = lives
    .flatMap(({ listenedAt, residentMb }) => (listenedAt && residentMb ? [residentMb] : []))
    .sort((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 }
}
