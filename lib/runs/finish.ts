import { boundedText } from './bounded-text.ts'
import { changed } from './change.ts'
import type { Log, RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import type { FinalState } from './states.ts'

/** Ends a run, once: the conditional write decides who ends it, and how. Only then is anybody told. */
export async function finish(ports: RecordPorts, run: Run, state: FinalState, outcome: Outcome): Promise<void> {
  const ended = await end(ports, run, state, outcome)
  if (!ended) return
  try {
    await tell(ports, ended)
  } catch (error) {
    // The message that led here has done its work. The run is due until it is told: the sweeper tells.
    ports.log('warn', 'end not told yet', { runId: run.id, state, error: String(error) })
  }
}

/** The first half of it. @returns the run as it ended; undefined where somebody else was faster, who tells as well */
export async function end(ports: RecordPorts, run: Run, state: FinalState, outcome: Outcome): Promise<Run | undefined> {
  const ended = changed(run, state, { outcome: boundedOutcome(outcome) }, ports.clock())
  if (!(await ports.store.save(ended))) return undefined
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
  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))
}
