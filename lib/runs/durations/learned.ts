import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { type Durations, withRun } from './durations.ts'

type DurationPorts = Pick<RecordPorts, 'store' | 'clock' | 'log'>

/** A worker reads a histogram anew after so long: it changes slowly. */
const REREAD_MS = 5 * 60_000

interface Known {
  readAtMs: number
  durations: Promise<Durations | undefined>
}

const KNOWN = new WeakMap<DurationPorts['store'], Map<string, Known>>()

/** How long the runs of this kind took, as far as it is known: without it, a run is looked at as if it were the first. */
export async function durationsOf(ports: DurationPorts, run: Run): Promise<Durations | undefined> {
  const key = keyOf(run)
  const last = KNOWN.get(ports.store)?.get(key)
  if (last && Math.abs(ports.clock() - last.readAtMs) < REREAD_MS) return last.durations
  const durations = ports.store.getDurations(key).catch((error: unknown) => {
    ports.log('warn', 'durations of earlier runs cannot be read', { key, error: String(error) })
    return undefined
  })
  keep(ports, key, durations)
  return durations
}

function keep({ store, clock }: DurationPorts, key: string, durations: Known['durations']): void {
  const known = KNOWN.get(store) ?? new Map<string, Known>()
  KNOWN.set(store, known.set(key, { readAtMs: clock(), durations }))
}

/** Of a kind of which there are many, one run in so many is counted, for so many: the record is no bottleneck, and costs little. */
const MANY_RUNS = 100
const ONE_IN = 10

/**
 * Adds a run that has succeeded to the durations of its kind. They are a help only: what fails is not tried again.
 * @param random uniform in [0, 1)
 */
export async function learn(ports: DurationPorts, run: Run, random: number): Promise<void> {
  const {
    acceptedAt,
    changedAfter,
    progress: { since },
  } = run
  if (acceptedAt === undefined || since === undefined) return
  const key = keyOf(run)
  const secondsAt = (instant: string): number => (Date.parse(instant) - Date.parse(acceptedAt)) / 1000
  const span = { from: secondsAt(changedAfter ?? acceptedAt), until: secondsAt(since) }
  try {
    const known = await durationsOf(ports, run)
    const counted = (known?.runs ?? 0) < MANY_RUNS ? 1 : ONE_IN
    if (random * counted >= 1) return
    const before = await ports.store.getDurations(key)
    const durations = withRun(before, { key, at: since, span, counted })
    if (await ports.store.saveDurations(durations)) keep(ports, key, Promise.resolve(durations))
  } catch (error) {
    ports.log('warn', 'duration of a run not kept', { runId: run.id, error: String(error) })
  }
}

/** Runs of one kind take about as long. */
function keyOf({ operation, sizeClass }: Run): string {
  return sizeClass === undefined ? operation : `${operation}/${sizeClass}`
}
