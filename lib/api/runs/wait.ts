import type { Context } from 'aws-lambda'
import type { RecordPorts } from '../../runs/ports.ts'
import type { Run } from '../../runs/run.ts'
import { isFinal } from '../../runs/states.ts'

export interface WaitPorts extends Pick<RecordPorts, 'store' | 'clock'> {
  sleep: (ms: number) => Promise<unknown>
  /** True once this process stops: waiting ends. */
  isStopping?: () => boolean
}

/** The gateway waits 30 s and the function has 29 s; the rest is for the answer. */
const MAX_WAIT_SECONDS = 25

/** Each poll is a strongly consistent read of a few KB: a wait of 25 s costs fifty. */
const EVERY_MS = 500

/** Reserved of the function's time for the last read and the answer. */
const MARGIN_MS = 2_000

export function hasEnded({ state }: Run): boolean {
  return isFinal(state)
}

export interface Waited {
  run: Run
  /** `preference-applied` with the longest wait; empty without a wait. */
  headers: Record<string, string>
}

interface Waiting {
  isWanted: (run: Run) => boolean
  /** The header Prefer. */
  prefer: string | undefined
  context: Pick<Context, 'getRemainingTimeInMillis'>
}

/** Reads a run again and again until it is as wanted, or the time of the caller or of the invocation is over. */
export async function waitFor(
  { store, clock, sleep, isStopping = () => false }: WaitPorts,
  first: Run,
  { isWanted, prefer, context }: Waiting,
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
 * The wait that the caller prefers (RFC 7240, 4.3), in whole seconds; 0 means none. A malformed preference is ignored, and so is
 * every `wait` after the first.
 */
export function waitSecondsOf(prefer: string | undefined): number {
  // Quoted values may hold commas. A quoted number is read as the number; any other quoted text is masked.
  const plain = prefer?.replaceAll(/"([^"]*)"/g, (_, text: string) => (/^\d+$/.test(text) ? text : '?')) ?? ''
  const preferences = plain.split(',').map((one) => (one.split(';')[0] ?? '').split('=').map((part) => part.trim()))
  const [, value = ''] = preferences.find(([name]) => name?.toLowerCase() === 'wait') ?? []
  return /^\d{1,9}$/.test(value) ? Math.min(MAX_WAIT_SECONDS, Number(value)) : 0
}
