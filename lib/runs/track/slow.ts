import { quantileOf } from '../durations/durations.ts'
import type { RecordPorts } from '../ports.ts'
import { acceptedMs, type Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import type { Timed } from './pace.ts'

/** Of fewer runs, nobody can say what is usual. */
const MIN_RUNS = 20
const USUAL_SHARE = 0.99

/** So little more is not worth a message. */
const MARGIN_MS = 30_000

/**
 * Notifies people of a run that has taken longer than 99 of 100 earlier ones of its kind. It lives on.
 * @returns when that was noticed, for its record; where nobody could be notified, the next look does it
 */
export async function noticeSlow(
  ports: Pick<RecordPorts, 'publisher' | 'log'>,
  { run, durations }: Pick<Timed, 'run' | 'durations'>,
  nowMs: number,
): Promise<Pick<Run, 'slowAt'>> {
  if (run.slowAt !== undefined || !durations || durations.runs < MIN_RUNS) return {}
  const usualMs = (quantileOf(durations, USUAL_SHARE) ?? Number.POSITIVE_INFINITY) * 1000
  if (nowMs - acceptedMs(run) <= usualMs + MARGIN_MS) return {}
  const slow = { slowAt: plusMs(nowMs, 0) }
  try {
    await ports.publisher.runSlow({ ...run, ...slow })
    return slow
  } catch (error) {
    ports.log('warn', 'slow run not notified yet', { runId: run.id, error: String(error) })
    return {}
  }
}
