import { setTimeout as timer } from 'node:timers/promises'
import type { Clock } from '../runs/ports.ts'

/**
 * The clock of a machine, and waiting by it. Time-outs of handlers are durations of this clock, too: the claims and leases in
 * the records, which must outlast a handler, go by it. A clock ten times as fast leaves a handler a tenth of its real time.
 */
export interface Time {
  clock: Clock
  /** @param ms by the clock. @param signal ends the wait early, without an error */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** @param speed times real time, from now on: simulated work need not take real minutes */
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
