import type { DeadLetter, GivenUp } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { isFinal } from '../runs/states.ts'
import { note } from '../runs/transition.ts'
import { newDeadLetter } from './dead-letter.ts'

/**
 * Handles a message that was given up: keeps it, notes it on the runs that it names, notifies people. Each part may be repeated,
 * and a failure brings the message back.
 *
 * A dead letter neither ends a run nor hurries it: the sweeper continues the run when it is overdue, and its deadline ends it.
 */
export async function keepDeadLetter(ports: RecordPorts, given: GivenUp): Promise<void> {
  const fresh = newDeadLetter(given, ports.clock())
  const deadLetter = (await ports.store.createDeadLetter(fresh)) ?? fresh
  const { messageId, from, queue, runId, runIds, cutFromBytes } = deadLetter
  ports.log('error', 'message given up', { messageId, from, queue, runId, runIds, cutFromBytes })
  await Promise.all(namesOf(deadLetter).map((id) => noteOnRun(ports, id)))
  await ports.publisher.messageDeadLettered(deadLetter)
}

function namesOf({ runId, runIds = [] }: DeadLetter): string[] {
  return runId ? [runId] : runIds
}

/** People are notified even if this fails: the record of the run may be the cause. */
async function noteOnRun(ports: RecordPorts, runId: string): Promise<void> {
  try {
    const run = await ports.store.get(runId)
    // A run in `submitting` stays unchanged: its worker may be alive, and must be able to write the answer.
    if (!run || isFinal(run.state) || run.state === 'submitting') return
    // The dates of the run stay: its next step may be planned for later, or be overdue.
    const { dueAt, rearms } = run
    await note(ports, run, { deadLetters: run.deadLetters + 1, rearms, dueAt })
  } catch (error) {
    ports.log('error', 'dead letter not noted on its run', { runId, error: String(error) })
  }
}
