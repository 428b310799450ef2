import type { Time } from './time.ts'

/**
 * Does some work at once, then again an interval after the last time began, or when that has ended, whichever is later.
 * @param work never rejects
 * @returns stops it; resolves when the work has ended
 */
export function startPeriodic(time: Time, everyMs: number, work: () => Promise<void>): () => Promise<void> {
  const end = new AbortController()
  const run = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const begunAtMs = time.clock()
      await work()
      await time.sleep(begunAtMs + everyMs - time.clock(), end.signal)
    }
  }
  const running = run()
  return () => {
    end.abort()
    return running
  }
}
