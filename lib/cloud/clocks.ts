/** How far the clouds' clocks are ahead of ours. Signatures expire, so a host with a wrong clock would be refused everywhere. */
export interface Clocks {
  /** The server's time as far as it is known (epoch ms). */
  serverMs(origin: string, nowMs: number): number
  /** Learns from an answer that refused credentials. @returns whether its signature had a wrong time: signing again may help */
  learn(origin: string, answer: SignedAnswer): boolean
}

interface SignedAnswer {
  /** The answer's `Date` header. */
  date: string | undefined
  /** The time in the request's signature (epoch ms). */
  signedAtMs: number
  nowMs: number
}

/** A smaller difference is not the reason of a refusal: Tencent Cloud allows 5 minutes, Huawei Cloud 15. */
const MIN_SKEW_MS = 60_000

/** More origins than a deployment has. */
const MAX_ORIGINS = 64

export function createClocks(): Clocks {
  const aheadMs = new Map<string, number>()
  return {
    serverMs: (origin, nowMs) => nowMs + (aheadMs.get(origin) ?? 0),
    learn: (origin, { date, signedAtMs, nowMs }) => {
      const serverMs = Date.parse(date ?? '')
      if (!(Math.abs(serverMs - signedAtMs) >= MIN_SKEW_MS)) return false
      if (aheadMs.size >= MAX_ORIGINS) aheadMs.clear()
      aheadMs.set(origin, serverMs - nowMs)
      return true
    },
  }
}
