import { inParallel, partsOf } from '../basics/parallel.ts'
import type { RecordPorts } from './ports.ts'
import { isFinal } from './states.ts'
import { note, notifyEnd } from './transition.ts'

/** At once, as a sweep reads them. */
const PART = 25

/** Publishes how runs ended, until the topic takes none of a part. @returns how many were published */
export async function notifyEnds(ports: RecordPorts, ids: string[], deadlineAtMs: number): Promise<number> {
  let notified = 0
  for (const part of partsOf(ids, PART)) {
    if (ports.clock() >= deadlineAtMs) break
    const { values, failures } = await inParallel(part, (id) => notifyOrPostpone(ports, id))
    notified += values.length
    if (failures.length > 0) {
      ports.log('error', 'ends of runs not notified', { count: failures.length, error: String(failures[0]) })
    }
    if (values.length === 0) break
  }
  return notified
}

/** A run that could not be notified moves behind the others. @throws where it was not notified */
async function notifyOrPostpone(ports: RecordPorts, id: string): Promise<void> {
  const run = await ports.store.get(id)
  if (!run || !isFinal(run.state)) return
  try {
    await notifyEnd(ports, run)
  } catch (error) {
    await note(ports, run, { rearms: (run.rearms ?? 0) + 1 })
    throw error
  }
}
