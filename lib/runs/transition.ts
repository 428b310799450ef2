import { boundedText } from '../basics/bounded-text.ts'
import { enqueue } from './chain.ts'
import { type Changeable, changed } from './change.ts'
import type { Ending } from './outcomes.ts'
import type { Log, RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import { plusMs } from './schedule.ts'
import type { FinalState, LiveState } from './states.ts'

/**
 * A stored run changes in three ways, each by one conditional write: a worker claims it, it advances, it ends. Nothing
 * else writes a run, except a note beside these.
 */

type RunWriter = Pick<RecordPorts, 'store' | 'clock'>

/** The fields that a transition changes. `nextAt` follows from when the run continues. */
type Changes<State> = Omit<Changeable, 'nextAt' | 'outcome' | 'notifiedAt'> & { state?: State }

/**
 * Reserves a run for this worker: nobody else works on it for `forMs`. A negative time lets anybody take it at once.
 * @returns the run as it is now; undefined where another worker was faster
 */
export function claim(
  ports: RunWriter,
  run: Run,
  { forMs, ...changes }: Changes<LiveState> & { forMs: number },
): Promise<Run | undefined> {
  const now = ports.clock()
  return saved(ports, changed(run, { ...changes, nextAt: plusMs(now, forMs) }, now))
}

/**
 * Advances a run: one conditional write, then the message of its next step, which is due `afterMs` later. Where that
 * message is lost, the sweeper sends another.
 * @returns the run as it is now; undefined where another worker was faster
 */
export async function advance(
  ports: RunWriter & Pick<RecordPorts, 'queue'>,
  run: Run,
  { afterMs, ...changes }: Changes<LiveState> & { afterMs: number },
): Promise<Run | undefined> {
  const next = await claim(ports, run, { forMs: afterMs, ...changes })
  if (next) await enqueue(ports, next, afterMs / 1000)
  return next
}

/**
 * Records something that neither advances nor ends the run.
 * @param dueAt when the sweeper checks it; by default as its state requires
 * @returns undefined where another worker was faster
 */
export function note(
  ports: RunWriter,
  run: Run,
  { dueAt, ...changes }: Changeable & { dueAt?: string | undefined },
): Promise<Run | undefined> {
  return saved(ports, { ...changed(run, changes, ports.clock()), ...(dueAt ? { dueAt } : {}) })
}

async function saved({ store }: Pick<RecordPorts, 'store'>, run: Run): Promise<Run | undefined> {
  return (await store.save(run)) ? run : undefined
}

/**
 * Ends a run once: the conditional write decides who ends it, and how. People are notified only after it.
 * @returns whether this worker ended it
 */
export async function end(ports: RecordPorts, run: Run, ending: Ending): Promise<boolean> {
  const ended = await writeEnd(ports, run, ending)
  if (!ended) return false
  try {
    await notifyEnd(ports, ended)
  } catch (error) {
    // The message that led here has done its work. The run stays due, so that the sweeper notifies.
    ports.log('warn', 'end of a run not notified yet', { runId: run.id, state: ending.state, error: String(error) })
  }
  return true
}

/**
 * Writes the end of a run without notifying anybody.
 * @returns the run as it ended; undefined where another worker was faster, which then notifies as well
 */
export async function writeEnd(ports: RecordPorts, run: Run, ending: Ending): Promise<Run | undefined> {
  const { state, outcome } = ending
  const ended = await saved(ports, changed(run, { ...ending, outcome: boundedOutcome(outcome) }, ports.clock()))
  if (!ended) return undefined
  ports.log(LEVELS[state], 'run ended', { runId: run.id, operation: run.operation, state, summary: outcome.summary })
  return ended
}

/** An end that a person should look at stands out in the log. */
const LEVELS: Record<FinalState, Parameters<Log>[0]> = {
  succeeded: 'info',
  cancelled: 'info',
  refused: 'info',
  failed: 'warn',
  'timed-out': 'error',
  unknown: 'error',
}

/** In bytes, as table and topic count: a summary may name thousands of processes. */
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
 * Publishes how a run ended, then notes that. Both may be repeated: a crash in between leaves the run due, and the sweeper
 * does it again. The topic may get it twice, under one id, but never not at all.
 */
export async function notifyEnd(ports: RecordPorts, run: Run): Promise<void> {
  if (run.notifiedAt) return
  await ports.publisher.runEnded(run)
  await note(ports, run, { notifiedAt: plusMs(ports.clock(), 0) })
}
