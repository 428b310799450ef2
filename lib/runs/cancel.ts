import { notSent } from './outcomes.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { end } from './transition.ts'

/** Others may change the run meanwhile; each time it is looked at anew. */
const MAX_ATTEMPTS = 5

/**
 * Withdraws a wish, if nothing of it was sent: the conditional write decides against a worker that is about to send.
 * What was sent is followed to its real end.
 * @param by who withdraws it
 * @param check throws where the run, though it may be withdrawn, is not as its caller believes
 * @returns the run as it is now: `cancelled`, or whatever it was too late for; undefined where there is none
 */
export async function cancel(
  ports: RecordPorts,
  id: string,
  by: string,
  check: (run: Run) => void = () => {},
): Promise<Run | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const run = await ports.store.get(id)
    if (!run || !mayCancel(run)) return run
    check(run)
    // In quotes: a name may read like the rest of the sentence.
    await end(ports, run, 'cancelled', notSent(run, `cancelled by ${JSON.stringify(by)}`))
  }
  return ports.store.get(id)
}

/** Whether nothing of it was sent yet. */
export function mayCancel({ state, sentAt }: Run): boolean {
  return (state === 'queued' || state === 'attached') && sentAt === undefined
}
