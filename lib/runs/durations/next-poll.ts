import { bucketOf, type Durations, edgeOf, quantileOf, type Span } from './durations.ts'

/**
 * When to poll next, while work has not ended.
 *
 * A poll costs money, and an end that nobody sees is told late. The polls are placed where both together cost least, given
 * when earlier runs of the same kind ended: a shortest path over the possible times.
 */

/** A poll is worth its cost if it lets a run end earlier by this share of its length. */
const POLL_COST = 0.017

/** A delay is measured by the length of the work. Shorter work counts as if it took so long (seconds). */
const SHORT_SECONDS = 20

/** Every length from here on is possible (seconds), whatever was seen before: as if so many more runs had been of any length. */
const LEAST_SECONDS = 5
const RUNS_OF_ANY_LENGTH = 1

/** With fewer runs there is no history. */
const MIN_RUNS = 3

/**
 * Two polls are never further apart, so that a failure is seen, and people see that it goes on (seconds): half of the time in
 * which nine of ten runs ended. Without history, a share of the age, so that a short run is found early.
 */
function maxGapOf(durations: Durations | undefined): (age: number) => number {
  if (durations === undefined || durations.runs < MIN_RUNS) return maxGapWithoutHistory
  const most = quantileOf(durations, 0.9) ?? 0
  return () => clamp(0.5 * most, 60, 600)
}

function maxGapWithoutHistory(age: number): number {
  return clamp(0.15 * age, 90, 600)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

/**
 * The age of the work at which to poll next (seconds).
 * @param age of the work now
 * @param longest the age at which a poll is planned anyway
 */
export function nextPollAt(durations: Durations | undefined, age: number, longest: number): number {
  const times = timesAfter(age, longest)
  const spans = times.map((until, index) => ({ from: times[index - 1] ?? age, until }))
  const weights = spans.map((span) => weightIn(durations, span) + RUNS_OF_ANY_LENGTH * anyLength(span, longest))
  const maxGap = maxGapOf(durations)
  // From the end backwards: the least cost of everything after each time, if the work has not ended by then.
  const costs = new Array<number>(times.length).fill(0)
  let lives = weights.at(-1) ?? 0
  for (let at = times.length - 2; at >= 0; at--) {
    costs[at] = bestAfter(at).cost
    lives += weights[at] ?? 0
  }
  // A poll at the end of the gap comes before the end of its bucket.
  return Math.min(times[bestAfter(-1).next] ?? longest, age + maxGap(age))

  function bestAfter(at: number): { next: number; cost: number } {
    const now = times[at] ?? age
    const gap = maxGap(now)
    let best = { next: at + 1, cost: Number.POSITIVE_INFINITY }
    let [delay, ended] = [0, 0]
    for (const [index, { from, until }] of spans.slice(at + 1).entries()) {
      const next = at + 1 + index
      if (from - now >= gap) break
      const weight = weights[next] ?? 0
      // What ended before waits longer by the whole span; what ends in it, by half of it on average.
      delay += (ended + weight / 2) * (until - from)
      ended += weight
      const cost = lives * POLL_COST + delay / Math.max(SHORT_SECONDS, until) + (costs[next] ?? 0)
      if (cost < best.cost) best = { next, cost }
    }
    return best
  }
}

/** Where buckets begin, after an age; the last is `longest`. Older work is polled as if there were no history. */
function timesAfter(age: number, longest: number): number[] {
  const times: number[] = []
  for (let bucket = bucketOf(Math.max(age, LEAST_SECONDS)) + 1; edgeOf(bucket) < longest; bucket++)
    times.push(edgeOf(bucket))
  return [...times, longest > age ? longest : age + maxGapWithoutHistory(age)]
}

/** The weight of the runs that ended in a span. */
function weightIn(durations: Durations | undefined, { from, until }: Span): number {
  if (!durations) return 0
  let sum = 0
  for (let bucket = bucketOf(from); edgeOf(bucket) < until; bucket++) {
    const [low, high] = [edgeOf(bucket), edgeOf(bucket + 1)]
    const part = (Math.min(high, until) - Math.max(low, from)) / (high - low)
    sum += (durations.weights[bucket] ?? 0) * part
  }
  return sum
}

/** A span's share of all lengths between the least and the longest, where every doubling of the length is equally likely. */
function anyLength({ from, until }: Span, longest: number): number {
  return doublings(from, until) / doublings(LEAST_SECONDS, Math.max(longest, 2 * LEAST_SECONDS))
}

function doublings(from: number, until: number): number {
  return Math.log2(Math.max(until, LEAST_SECONDS) / Math.max(from, LEAST_SECONDS))
}
