/** Whether an unproven certificate (one that has never verified a message) may be fetched now, for a message of the topic. */
export type FetchLimiter = (topic: string, name: string, nowMs: number) => boolean

/**
 * Fetches of unproven names per topic: ten at once, then one every two seconds. A sender that knows a topic's URN can invent
 * names without end. The bucket refills steadily, so that in a flood of N names a minute a new name still has a chance of
 * 30 in N at its first try.
 */
const PER_TOPIC = { burst: 10, perMinute: 30 }

/** Fetches for all topics together. Reached only if the URNs of at least four topics are misused at once. */
const ALL_TOPICS = { burst: 40, perMinute: 240 }

/** Rejected names that are remembered per topic: one minute at a thousand a minute. */
const MAX_REJECTED = 1000

/** More topics than anybody configures. */
const MAX_TOPICS = 64

/** A token bucket. */
interface Bucket {
  left: number
  atMs: number
}

interface TopicBuckets {
  first: Bucket
  again: Bucket
  rejected: Set<string>
}

/**
 * Names that return after a rejection use a second bucket of the same size. After a rotation every message has the same new
 * name, which returns; invented names are used once, and never reach the second bucket.
 */
export function createFetchLimiter(): FetchLimiter {
  const topics = new Map<string, TopicBuckets>()
  const all = full(ALL_TOPICS.burst)
  return (topic, name, nowMs) => {
    const { first, again, rejected } = bucketsOf(topics, topic)
    const bucket = rejected.has(name) ? again : first
    refill(bucket, PER_TOPIC, nowMs)
    refill(all, ALL_TOPICS, nowMs)
    if (bucket.left < 1 || all.left < 1) {
      rejected.add(name)
      dropOldest(rejected, MAX_REJECTED)
      return false
    }
    bucket.left--
    all.left--
    rejected.delete(name)
    return true
  }
}

function bucketsOf(topics: Map<string, TopicBuckets>, topic: string): TopicBuckets {
  const known = topics.get(topic)
  if (known) return known
  const { burst } = PER_TOPIC
  const added = { first: full(burst), again: full(burst), rejected: new Set<string>() }
  topics.set(topic, added)
  dropOldest(topics, MAX_TOPICS)
  return added
}

function full(burst: number): Bucket {
  return { left: burst, atMs: 0 }
}

const MINUTE_MS = 60_000

/** A clock that was set back refills nothing. */
function refill(bucket: Bucket, { burst, perMinute }: typeof ALL_TOPICS, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - bucket.atMs)
  bucket.left = Math.min(burst, bucket.left + (passedMs * perMinute) / MINUTE_MS)
  bucket.atMs = nowMs
}

/** Deletes the oldest entries above `max`; maps and sets keep the order of insertion. */
export function dropOldest(kept: Map<string, unknown> | Set<string>, max: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= max) return
    kept.delete(key)
  }
}
