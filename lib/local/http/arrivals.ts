/** Connections that come in a burst. */
export interface Arrivals {
  /** One was accepted. */
  came(): void
  /** Resolves when no more come, or after 20 ms; undefined where none comes now. */
  readonly over: Promise<void> | undefined
}

/** Nobody notices it; and where there is no end of them, those that came are answered all the same. */
const MOST_MS = 20

/**
 * Node accepts one connection in each turn of its event loop (`uv__server_io` of libuv 1.52). The last of fifty that come at
 * once would wait for fifty turns, each as long as it takes to answer those before it. So answers wait until all are accepted.
 */
export function createArrivals(nowMs: () => number = () => performance.now()): Arrivals {
  let isOneNew = false
  let over: Promise<void> | undefined

  const untilOver = async (): Promise<void> => {
    const begunAtMs = nowMs()
    while (isOneNew && nowMs() - begunAtMs < MOST_MS) {
      isOneNew = false
      await nextTurn()
    }
    over = undefined
  }

  return {
    came: () => {
      isOneNew = true
      over ??= nextTurn().then(untilOver)
    },
    get over() {
      return over
    },
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
