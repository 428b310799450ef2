import type { Context } from 'aws-lambda'
import type { RecordPorts } from '../../runs/ports.ts'
import type { Run } from '../../runs/run.ts'
import { waitSecondsOf } from './prefer.ts'

export interface WaitPorts extends Pick<RecordPorts, 'store' | 'clock'> {
  sleep: (ms: number) => Promise<unknown>
}

/** A strongly consistent read of a few KB each: what waits for 25 s costs fifty. */
const EVERY_MS = 500

/** Kept back from the function's time-out, for the last read and the answer. */
const MARGIN_MS = 2_000

export interface Waited {
  run: Run
  /** Says that, and how long, it would have been waited; nothing where it was not. */
  headers: Record<string, string>
}

/** Looks at a run again and again until it is as wanted, or the time is over that the caller or the invocation has. */
export async function waitFor(
  { store, clock, sleep }: WaitPorts,
  first: Run,
  isWanted: (run: Run) => boolean,
  prefer: string | undefined,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<Waited> {
  const leftSeconds = Math.floor((context.getRemainingTimeInMillis() - MARGIN_MS) / 1000)
  const seconds = Math.max(0, Math.min(waitSecondsOf(prefer), leftSeconds))
  if (seconds === 0) return { run: first, headers: {} }
  const untilMs = clock() + seconds * 1000
  let run = first
  while (!isWanted(run) && clock() < untilMs) {
    await sleep(Math.min(EVERY_MS, untilMs - clock()))
    run = (await store.get(run.id)) ?? run
  }
  return { run, headers: { 'preference-applied': `wait=${seconds}` } }
}
