import type { Context } from 'aws-lambda'
import type { RecordPorts } from '../runs/ports.ts'
import type { Run } from '../runs/run.ts'

export interface WaitPorts extends Pick<RecordPorts, 'store' | 'clock'> {
  sleep: (ms: number) => Promise<unknown>
  /** This process stops: nobody is kept waiting any longer. */
  isStopping?: () => boolean
}

/** An HTTP API waits 30 s, the function has 29; the rest is for the answer. */
const MAX_WAIT_SECONDS = 25

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
  { store, clock, sleep, isStopping = () => false }: WaitPorts,
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
  while (!isWanted(run) && clock() < untilMs && !isStopping()) {
    await sleep(Math.min(EVERY_MS, untilMs - clock()))
    run = (await store.get(run.id)) ?? run
  }
  return { run, headers: { 'preference-applied': `wait=${seconds}` } }
}

/**
 * How long the caller would like to wait (RFC 7240, 4.3), in whole seconds; 0 = not at all. What is malformed is ignored,
 * and so is all but the first `wait`.
 */
export function waitSecondsOf(prefer: string | undefined): number {
  // Quoted values may hold commas; no number is lost by taking one that is quoted as it is.
  const plain = prefer?.replaceAll(/"([^"]*)"/g, (_, text: string) => (/^\d+$/.test(text) ? text : '?')) ?? ''
  const preferences = plain.split(',').map((one) => (one.split(';')[0] ?? '').split('=').map((part) => part.trim()))
  const [, value = ''] = preferences.find(([name]) => name?.toLowerCase() === 'wait') ?? []
  return /^\d{1,9}$/.test(value) ? Math.min(MAX_WAIT_SECONDS, Number(value)) : 0
}
