import * as z from 'zod/mini'
import { record } from '../record.ts'
import { durationsExpiresAtSeconds } from '../retention.ts'

/** Buckets of a histogram are so much apart: 16 for each doubling. */
const STEP = 2 ** (1 / 16)

/** A run counts half as much once so many more have been counted: the histogram follows a change within a few dozen runs. */
const HALF_LIFE_RUNS = 35
const FADE = 0.5 ** (1 / HALF_LIFE_RUNS)

/** What weighs less is forgotten, and of the rest only the heaviest buckets are kept: the record stays below 1 KB. */
const MIN_WEIGHT = 0.01
const MAX_BUCKETS = 64

/** How long the runs of one kind took, from when the cloud accepted them until their end was seen. A histogram; newer runs weigh more. */
export const Durations = record({
  /** E.g. `dcs.instance.swap`, or `emr.service.restart/8-batches`. */
  key: z.string(),
  /** The runs that it was made of. */
  runs: z.int(),
  /** The number of a bucket -> the weight of the runs that ended in it. Bucket n begins at 2^(n/16) s. */
  weights: z.record(z.string(), z.number()),
  /** Every change is conditional on it and raises it by one. */
  version: z.int(),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.int(),
})
export type Durations = z.infer<typeof Durations>

/** Seconds since the cloud accepted a run. Its end was seen at `until`, and the look before it was at `from`. */
export interface Span {
  from: number
  until: number
}

export function bucketOf(seconds: number): number {
  return Math.max(0, Math.floor(Math.log(seconds) / Math.log(STEP)))
}

/** Where a bucket begins (seconds). */
export function edgeOf(bucket: number): number {
  return STEP ** bucket
}

/**
 * The durations with one more run, whose weight is spread over the time in which it may have ended.
 * @param run `at`: when it ended (ISO 8601). `counted`: the number of runs that it stands for
 */
export function withRun(
  before: Durations | undefined,
  { key, at, span, counted }: { key: string; at: string; span: Span; counted: number },
): Durations {
  const weights = new Map<number, number>()
  for (const [bucket, weight] of Object.entries(before?.weights ?? {})) {
    weights.set(Number(bucket), weight * FADE ** counted)
  }
  for (const [bucket, share] of sharesOf(span, before))
    weights.set(bucket, (weights.get(bucket) ?? 0) + share * counted)
  const heavy = [...weights].filter(([, weight]) => weight >= MIN_WEIGHT).sort(([, a], [, b]) => b - a)
  const kept = heavy.slice(0, MAX_BUCKETS).sort(([a], [b]) => a - b)
  return {
    ...before,
    key,
    runs: (before?.runs ?? 0) + counted,
    // Rounded finer than a weight fades at once: or it would never fade.
    weights: Object.fromEntries(kept.map(([bucket, weight]) => [bucket, Number(weight.toFixed(4))])),
    version: (before?.version ?? 0) + 1,
    expiresAtSeconds: durationsExpiresAtSeconds(at),
  }
}

/** An end that was not seen itself is as likely as in earlier runs: as if one more of them had been of any length in the span. */
const UNIFORM_WEIGHT = 1

/** The share of a run in each bucket that its span touches. */
function sharesOf({ from, until }: Span, before: Durations | undefined): [bucket: number, share: number][] {
  const end = Math.max(until, 1)
  const begin = Math.min(Math.max(from, 0), end)
  const first = bucketOf(begin)
  const last = bucketOf(end)
  if (first === last) return [[first, 1]]
  const parts = Array.from({ length: last - first + 1 }, (_, index): [number, number] => {
    const bucket = first + index
    const [low, high] = [bucket === 0 ? 0 : edgeOf(bucket), edgeOf(bucket + 1)]
    const seconds = Math.max(0, Math.min(high, end) - Math.max(low, begin))
    const known = ((before?.weights[bucket] ?? 0) * seconds) / (high - low)
    return [bucket, known + (UNIFORM_WEIGHT * seconds) / (end - begin)]
  })
  const sum = parts.reduce((all, [, part]) => all + part, 0)
  return parts.map(([bucket, part]) => [bucket, part / sum])
}

/** The seconds within which a share of the runs ended; undefined where there is none. */
export function quantileOf({ weights }: Durations, share: number): number | undefined {
  const entries = Object.entries(weights)
  let left = share * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [bucket, weight] of entries) {
    const [low, high] = [edgeOf(Number(bucket)), edgeOf(Number(bucket) + 1)]
    if (left <= weight) return low + (high - low) * (left / weight)
    left -= weight
  }
  const last = entries.at(-1)
  return last && edgeOf(Number(last[0]) + 1)
}
