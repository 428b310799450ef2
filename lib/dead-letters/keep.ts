import type { DeadLetter, GivenUp } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { isFinal } from '../runs/states.ts'
import { note } from '../runs/transition.ts'
import { newDeadLetter } from './dead-letter.ts'

/**
 * Takes leave of a message that was given up: keeps it, notes it on the runs that it names, tells people. Each part may be
 * repeated; what fails brings the message back.
 *
 * A dead letter never ends a run, nor hurries it: the sweeper goes on with it when it is overdue, and its deadline ends it.
 */
export async function keepDeadLetter(ports: RecordPorts, given: GivenUp): Promise<void> {
  const fresh = newDeadLetter(given, ports.clock())
  const deadLetter = (await ports.store.createDeadLetter(fresh)) ?? fresh
  const { messageId, from, queue, runId, runIds, cutFromBytes } = deadLetter
  ports.log('error', 'message buried', { messageId, from, queue, runId, runIds, cutFromBytes })
  await Promise.all(namesOf(deadLetter).map((id) => noteOnRun(ports, id)))
  await ports.publisher.messageDeadLettered(deadLetter)
}

function namesOf({ runId, runIds = [] }: DeadLetter): string[] {
  return runId ? [runId] : runIds
}

/** People are told whatever becomes of the record: it may be what the message died of. */
async function noteOnRun(ports: RecordPorts, runId: string): Promise<void> {
  try {
    const run = await ports.store.get(runId)
    // A run that is being sent is left alone: its worker may still be at it, and must be able to write what came of it.
    if (!run || isFinal(run.state) || run.state === 'submitting') return
    // Its dates stay: the next step of the run may be planned for later, or be overdue; a note changes nothing in that.
    const { dueAt, rearms } = run
    await note(ports, run, { deadLetters: run.deadLetters + 1, rearms, dueAt })
  } catch (error) {
    ports.log('error', 'dead letter not noted on its run', { runId, error: String(error) })
  }
}
