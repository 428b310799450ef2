import { changed } from './change.ts'
import type { RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import type { FinalState } from './states.ts'

/**
 * Ends a run, once: the conditional write decides who ends it, and how. Only then is anybody told.
 * Whoever loses the race does nothing: the winner, or the sweeper after it, tells.
 */
export async function finish(ports: RecordPorts, run: Run, state: FinalState, outcome: Outcome): Promise<void> {
  const ended = changed(run, state, { outcome }, ports.clock())
  if (!(await ports.store.save(ended))) return
  ports.log('info', 'run ended', { runId: run.id, operation: run.operation, state, summary: outcome.summary })
  await settle(ports, ended)
}

/**
 * What follows an end, each part repeatable: tell the topic, note that it was told. A crash in between leaves the run due,
 * and the sweeper does it again: the topic may hear twice, under one id, never not.
 */
export async function settle(ports: RecordPorts, run: Run): Promise<void> {
  if (run.notifiedAt) return
  await ports.publisher.runEnded(run)
  await ports.store.save(changed(run, run.state, { notifiedAt: new Date(ports.clock()).toISOString() }, ports.clock()))
}
