import { notSent } from './outcomes.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { end } from './transition.ts'

/** Others may change the run meanwhile; it is read again each time. */
const MAX_ATTEMPTS = 5

/**
 * Cancels a run of which nothing was sent. The conditional write decides against a worker that is about to send. A run that was
 * sent is followed to its real end.
 * @param by the person or system that cancels it
 * @param check throws where the run may be cancelled but differs from what the caller believes
 * @returns the run as it is now: `cancelled`, or in the state that it was too late for; undefined where there is none
 */
export async function cancel(
  ports: RecordPorts,
  id: string,
  { by, check = () => {} }: { by: string; check?: (run: Run) => void },
): Promise<Run | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const run = await ports.store.get(id)
    if (!run || !mayCancel(run)) return run
    check(run)
    // In quotes: a name may read like the rest of the sentence.
    const outcome = notSent(run, `cancelled by ${JSON.stringify(by)}`)
    await end(ports, run, { state: 'cancelled', outcome, cancelledBy: by })
  }
  return ports.store.get(id)
}

/** Whether nothing of the run was sent yet. */
export function mayCancel({ state, sentAt }: Run): boolean {
  return (state === 'queued' || state === 'attached') && sentAt === undefined
}
