/** Tells when a burst of connections is over. */
export interface Arrivals {
  /** A connection was accepted. */
  came(): void
  /** Resolves when no more come, or after 20 ms. Undefined while none come. */
  readonly over: Promise<void> | undefined
}

/** Nobody notices the delay, and requests are answered even while connections keep coming. */
const MAX_MS = 20

/**
 * Node accepts one connection in each turn of its event loop (`uv__server_io` of libuv 1.52). Without this, the last of fifty
 * would wait for fifty turns, each as long as the answers in it. Answers wait until all connections are accepted.
 */
export function createArrivals(nowMs: () => number = () => performance.now()): Arrivals {
  let isOneNew = false
  let over: Promise<void> | undefined

  const untilOver = async (): Promise<void> => {
    const begunAtMs = nowMs()
    while (isOneNew && nowMs() - begunAtMs < MAX_MS) {
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
