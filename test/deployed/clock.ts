/** How time passes: so many times as fast as it does, since an instant (epoch ms). */
export interface Pace {
  begunAtMs: number
  speed: number
}

export function paceOf(speed = 1): Pace {
  return { begunAtMs: Date.now(), speed }
}

/** @param realNowMs of the machine's clock */
export function clockOf({ begunAtMs, speed }: Pace, realNowMs: () => number = Date.now): () => number {
  return () => Math.floor(begunAtMs + (realNowMs() - begunAtMs) * speed)
}
