import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { type Durations, withRun } from './durations.ts'

type DurationPorts = Pick<RecordPorts, 'store' | 'log'>

/** How long the runs of this kind took, as far as it is known: without it, a run is polled as if it were the first. */
export async function durationsOf({ store, log }: DurationPorts, run: Run): Promise<Durations | undefined> {
  const key = keyOf(run)
  try {
    return await store.getDurations(key)
  } catch (error) {
    log('warn', 'durations of earlier runs cannot be read', { key, error: String(error) })
    return undefined
  }
}

/** Of a kind of which there are many, one run in so many is counted, for so many: the record is no bottleneck, and costs little. */
const MANY_RUNS = 100
const ONE_IN = 10

/**
 * Adds a run whose end was seen, good or bad, to the durations of its kind. They are a help only: what fails is not tried again.
 * @param random uniform in [0, 1)
 */
export async function learn(ports: DurationPorts, run: Run, random: number): Promise<void> {
  const { acceptedAt, changedAfter = acceptedAt, progress } = run
  const { since } = progress
  if (acceptedAt === undefined || changedAfter === undefined || since === undefined) return
  const key = keyOf(run)
  const secondsAt = (instant: string): number => (Date.parse(instant) - Date.parse(acceptedAt)) / 1000
  const span = { from: secondsAt(changedAfter), until: secondsAt(since) }
  try {
    const known = await ports.store.getDurations(key)
    const counted = (known?.runs ?? 0) < MANY_RUNS ? 1 : ONE_IN
    if (random * counted >= 1) return
    const before = await ports.store.getDurations(key, { isFresh: true })
    await ports.store.saveDurations(withRun(before, { key, at: since, span, counted }))
  } catch (error) {
    ports.log('warn', 'duration of a run not kept', { runId: run.id, error: String(error) })
  }
}

/** Runs of one kind take about as long. */
function keyOf({ operation, sizeClass }: Run): string {
  return sizeClass === undefined ? operation : `${operation}/${sizeClass}`
}
