import { boundedText } from '../basics/bounded-text.ts'
import { inParallel, throwFailures } from '../basics/parallel.ts'
import { enqueue } from './chain.ts'
import { type Changeable, changed } from './change.ts'
import { noteRunEnded } from './episodes/run-ended.ts'
import { noteOutcome } from './guards/note-outcome.ts'
import type { Ending } from './outcomes.ts'
import type { Log, RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import { plusMs } from './schedule.ts'
import type { FinalState, LiveState } from './states.ts'
import { wakeJoined } from './wake-joined.ts'
import { withAdded } from './with-added.ts'

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
  return saved(ports, run, changed(run, { ...changes, nextAt: plusMs(now, forMs) }, now))
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
  return saved(ports, run, { ...changed(run, changes, ports.clock()), ...(dueAt ? { dueAt } : {}) })
}

/**
 * Records that another run has joined this one, and changes nothing else: neither a date nor what users see.
 * @returns undefined where another worker was faster
 */
export async function markJoined({ store }: RunWriter, run: Run): Promise<Run | undefined> {
  const marked = { ...run, isJoined: true, version: run.version + 1 }
  return (await store.save(marked)) ? marked : undefined
}

/**
 * Saves a run unless another worker changed it. A mark of {@link markJoined} is no such change: whoever joins a run must cost it
 * neither a step nor its call.
 */
async function saved({ store }: Pick<RecordPorts, 'store'>, before: Run, after: Run): Promise<Run | undefined> {
  if (await store.save(after)) return after
  if (before.isJoined) return undefined
  const stored = await store.get(after.id)
  // The only write since then is the one that set the mark.
  if (!stored?.isJoined || stored.version !== before.version + 1) return undefined
  const again = { ...(withAdded(after, { before, other: stored }) as Run), version: stored.version + 1 } // this run, and what was added
  return (await store.save(again)) ? again : undefined
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
  const ended = await saved(ports, run, changed(run, { ...ending, outcome: boundedOutcome(outcome) }, ports.clock()))
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
 * Publishes how a run ended, wakes the runs that joined it, tells its episode and the breakers, then notes that. All may be repeated:
 * a crash in between leaves the run due, and the sweeper does it again. The topic may get it twice, under one id, but never not at
 * all. None waits for another: a topic that hangs keeps no run asleep, and a thousand runs to wake delay no notification.
 */
export async function notifyEnd(ports: RecordPorts, run: Run): Promise<void> {
  if (run.notifiedAt) return
  const parts = [
    () => ports.publisher.runEnded(run),
    () => wakeJoined(ports, run),
    () => noteRunEnded(ports, run),
    () => noteOutcome(ports, run),
  ]
  const { failures } = await inParallel(parts, (part) => part())
  throwFailures(failures)
  await note(ports, run, { notifiedAt: plusMs(ports.clock(), 0) })
}
