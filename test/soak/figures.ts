import type { Facts } from './check.ts'
import { hasEnded, resourceOf } from './runs.ts'

/** Seconds. */
export interface Spread {
  count: number
  median: number
  p95: number
  most: number
}

/** From the start of a life to its first answer. */
export function startTimes({ lives }: Facts): Spread {
  return spread(lives.flatMap(({ startedAt, answeredAt }) => (answeredAt ? [answeredAt - startedAt] : [])))
}

/** From each kill to the first answer of any life after it: while the product starts it may be killed again. */
export function outages({ lives }: Facts): Spread {
  const answers = lives.flatMap(({ answeredAt }) => answeredAt ?? [])
  const kills = lives.flatMap(({ killedAt, answeredAt }) => (killedAt && answeredAt ? [killedAt] : []))
  return spread(kills.flatMap((killedAt) => firstAfter(answers, killedAt) - killedAt))
}

/** From each kill, for each run that was under way, to the next time that its cloud heard of it, or to its end. */
export function standstills({ lives, runs, tally }: Facts, kills: 'all' | 'last'): Spread {
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
        .map(({ contacts, ended }) => Math.min(ended, firstAfter(contacts, killedAt)) - killedAt),
    ),
  )
}

/** From acceptance to the end. */
export function durations({ runs }: Facts): Spread {
  return spread(runs.filter(hasEnded).map(({ createdAt, updatedAt }) => Date.parse(updatedAt) - Date.parse(createdAt)))
}

function firstAfter(instants: number[], ms: number): number {
  return Math.min(...instants.filter((at) => at > ms))
}

function spread(ms: number[]): Spread {
  const sorted = ms
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
    .map((one) => one / 1000)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { count: sorted.length, median: at(0.5), p95: at(0.95), most: sorted.at(-1) ?? 0 }
}
