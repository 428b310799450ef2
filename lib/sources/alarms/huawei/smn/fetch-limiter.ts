/** Whether a certificate of a name that has never verified a message may be fetched now, for a message of the topic. */
export type FetchLimiter = (topic: string, name: string, nowMs: number) => boolean

/**
 * Fetches of unknown names, of a topic: ten at once, then one each two seconds. Whoever knows a topic's URN can invent names
 * without end. The ration comes back all the time, so that a flood of N names a minute leaves a new name, at its first try, a
 * chance of 30 in N.
 */
const OF_TOPIC = { burst: 10, perMinute: 30 }

/** Of all topics together. It is reached where the URNs of at least four topics are misused at once. */
const OF_ALL = { burst: 40, perMinute: 240 }

/** Names of a topic that were turned away, and are remembered: those of a minute, at a thousand a minute. */
const MAX_TURNED_AWAY = 1000

/** Topics are configured; more of them were never seen. */
const MAX_TOPICS = 64

interface Bucket {
  left: number
  atMs: number
}

interface OfTopic {
  first: Bucket
  again: Bucket
  turnedAway: Set<string>
}

/**
 * Names that come again after they were turned away have a ration of their own, as large: each message after a rotation has
 * the same new name, while invented names are lost as soon as each is used once.
 */
export function createFetchLimiter(): FetchLimiter {
  const topics = new Map<string, OfTopic>()
  const all = full(OF_ALL.burst)
  return (topic, name, nowMs) => {
    const { first, again, turnedAway } = topicIn(topics, topic)
    const own = turnedAway.has(name) ? again : first
    refill(own, OF_TOPIC, nowMs)
    refill(all, OF_ALL, nowMs)
    if (own.left < 1 || all.left < 1) {
      turnedAway.add(name)
      dropOldest(turnedAway, MAX_TURNED_AWAY)
      return false
    }
    own.left--
    all.left--
    turnedAway.delete(name)
    return true
  }
}

function topicIn(topics: Map<string, OfTopic>, topic: string): OfTopic {
  const known = topics.get(topic)
  if (known) return known
  const { burst } = OF_TOPIC
  const added = { first: full(burst), again: full(burst), turnedAway: new Set<string>() }
  topics.set(topic, added)
  dropOldest(topics, MAX_TOPICS)
  return added
}

function full(burst: number): Bucket {
  return { left: burst, atMs: 0 }
}

const MINUTE_MS = 60_000

/** A clock that was set back refills nothing. */
function refill(ration: Bucket, { burst, perMinute }: typeof OF_ALL, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - ration.atMs)
  ration.left = Math.min(burst, ration.left + (passedMs * perMinute) / MINUTE_MS)
  ration.atMs = nowMs
}

/** Of a map or a set, both of which keep the order of insertion. */
export function dropOldest(kept: Map<string, unknown> | Set<string>, max: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= max) return
    kept.delete(key)
  }
}
