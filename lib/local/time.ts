import { setTimeout as timer } from 'node:timers/promises'
import type { Clock } from '../runs/ports.ts'

/** How time passes for a machine: its clock, and waiting by it. */
export interface Time {
  clock: Clock
  /** @param ms of the clock. @param signal ends it early, without an error */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** @param speed so many times as fast as real time, from now on: simulated work need not take real minutes */
export function timeAt(speed: number): Time {
  const begunAtMs = Date.now()
  return {
    clock: speed === 1 ? Date.now : () => Math.floor(begunAtMs + (Date.now() - begunAtMs) * speed),
    sleep: (ms, signal) =>
      timer(Math.max(0, ms / speed), undefined, { signal, ref: true }).catch((error: unknown) => {
        if (!signal?.aborted) throw error
      }),
  }
}
