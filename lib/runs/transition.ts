import { boundedText } from '../basics/bounded-text.ts'
import { enqueue } from './chain.ts'
import { type Changeable, changed } from './change.ts'
import type { Log, RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import { plusMs } from './schedule.ts'
import type { FinalState, LiveState } from './states.ts'

/**
 * A stored run changes in three ways, each by one conditional write: a worker claims it, it advances, it ends. Nothing
 * else writes a run, but for a note beside these.
 */

type Saving = Pick<RecordPorts, 'store' | 'clock'>

/** What changes with a transition; `nextAt` follows from when it goes on. */
type Changes<State> = Omit<Changeable, 'nextAt' | 'outcome' | 'notifiedAt'> & { state?: State }

/**
 * Reserves a run for this worker: nobody else works on it for `forMs`. A negative time lets anybody take it at once.
 * @returns the run as it is now; undefined where somebody else was faster
 */
export function claim(
  ports: Saving,
  run: Run,
  { forMs, state, ...changes }: Changes<LiveState> & { forMs: number },
): Promise<Run | undefined> {
  const now = ports.clock()
  return saved(ports, changed(run, state ?? run.state, { ...changes, nextAt: plusMs(now, forMs) }, now))
}

/**
 * Brings a run on: one conditional write, then the message of its next step, which is taken `afterMs` later. Where the
 * message is lost, the sweeper sends another.
 * @returns the run as it is now; undefined where somebody else was faster
 */
export async function advance(
  ports: Saving & Pick<RecordPorts, 'queue'>,
  run: Run,
  { afterMs, ...changes }: Changes<LiveState> & { afterMs: number },
): Promise<Run | undefined> {
  const next = await claim(ports, run, { forMs: afterMs, ...changes })
  if (next) await enqueue(ports, next, afterMs / 1000)
  return next
}

/**
 * Writes something down that moves the run neither on nor to its end.
 * @param dueAt when the sweeper looks after it; unless given, as its state wants it
 * @returns undefined where somebody else was faster
 */
export function note(
  ports: Saving,
  run: Run,
  { dueAt, ...changes }: Changeable & { dueAt?: string | undefined },
): Promise<Run | undefined> {
  return saved(ports, { ...changed(run, run.state, changes, ports.clock()), ...(dueAt ? { dueAt } : {}) })
}

async function saved({ store }: Pick<RecordPorts, 'store'>, run: Run): Promise<Run | undefined> {
  return (await store.save(run)) ? run : undefined
}

/** Ends a run, once: the conditional write decides who ends it, and how. Only then is anybody told. */
export async function end(ports: RecordPorts, run: Run, state: FinalState, outcome: Outcome): Promise<void> {
  const ended = await writeEnd(ports, run, state, outcome)
  if (!ended) return
  try {
    await tell(ports, ended)
  } catch (error) {
    // The message that led here has done its work. The run is due until it is told: the sweeper tells.
    ports.log('warn', 'end not told yet', { runId: run.id, state, error: String(error) })
  }
}

/** The first half of it. @returns the run as it ended; undefined where somebody else was faster, who tells as well */
export async function writeEnd(
  ports: RecordPorts,
  run: Run,
  state: FinalState,
  outcome: Outcome,
): Promise<Run | undefined> {
  const ended = await saved(ports, changed(run, state, { outcome: boundedOutcome(outcome) }, ports.clock()))
  if (!ended) return undefined
  ports.log(LEVELS[state], 'run ended', { runId: run.id, operation: run.operation, state, summary: outcome.summary })
  return ended
}

/** What somebody should look at stands out in the log. */
const LEVELS: Record<FinalState, Parameters<Log>[0]> = {
  succeeded: 'info',
  cancelled: 'info',
  refused: 'info',
  failed: 'warn',
  'timed-out': 'error',
  unknown: 'error',
}

/** By bytes, as table and topic count: a summary may name thousands of processes. */
const MAX_SUMMARY_BYTES = 16 * 1024
const MAX_ERROR_BYTES = 4 * 1024

function boundedOutcome(outcome: Outcome): Outcome {
  const { error } = outcome
  return {
    ...outcome,
    summary: boundedText(outcome.summary, MAX_SUMMARY_BYTES),
    ...(error ? { error: { ...error, message: boundedText(error.message, MAX_ERROR_BYTES) } } : {}),
  }
}

/**
 * Tells the topic how a run ended, then notes that it was told. Both may be repeated: a crash in between leaves the run due,
 * and the sweeper does it again. The topic may hear twice, under one id, never not.
 */
export async function tell(ports: RecordPorts, run: Run): Promise<void> {
  if (run.notifiedAt) return
  await ports.publisher.runEnded(run)
  await note(ports, run, { notifiedAt: plusMs(ports.clock(), 0) })
}
