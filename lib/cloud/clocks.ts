/** What the clouds' clocks show beside ours: signatures age, and a host whose clock is off would be refused everywhere. */
export interface Clocks {
  /** The server's time, as far as it is known (epoch ms). */
  serverMs(origin: string, nowMs: number): number
  /**
   * @param date the `Date` header of the answer that refused it
   * @param signedAtMs the time that it was signed with
   * @returns whether that time was off, so that signing once more may help
   */
  learn(origin: string, date: string | undefined, signedAtMs: number, nowMs: number): boolean
}

/** Below this the clock is not what was refused: Tencent Cloud allows 5 minutes, Huawei Cloud 15. */
const MIN_SKEW_MS = 60_000

/** More origins than a deployment has. */
const MAX_ORIGINS = 64

export function createClocks(): Clocks {
  const ahead = new Map<string, number>()
  return {
    serverMs: (origin, nowMs) => nowMs + (ahead.get(origin) ?? 0),
    learn: (origin, date, signedAtMs, nowMs) => {
      const serverMs = Date.parse(date ?? '')
      if (!(Math.abs(serverMs - signedAtMs) >= MIN_SKEW_MS)) return false
      if (ahead.size >= MAX_ORIGINS) ahead.clear()
      ahead.set(origin, serverMs - nowMs)
      return true
    },
  }
}
