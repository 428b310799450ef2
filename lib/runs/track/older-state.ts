import type { Observation, Probe } from '../../services/tracking.ts'
import type { Run } from '../run.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'

/** A state of up to a minute ago may be read, twice in a row, on any clock: so soon it may be that of before the work. */
const OLDER_STATE_MS = 60_000 + CLOCKS_APART_MS

interface Sequence {
  run: Pick<Run, 'sawWork'>
  probe: Pick<Probe<unknown>, 'consecutive'>
  /** How long ago the work was accepted. */
  ageMs: number
}

/**
 * Whether an observation that follows others of the work may show the state of before it: then one more must confirm it. A probe
 * that is content with one observation is followed by others.
 */
export function mayBeOlder({ run, probe, ageMs }: Sequence, { asBefore }: Pick<Observation, 'asBefore'>): boolean {
  return asBefore === true && run.sawWork === true && probe.consecutive > 1 && ageMs < OLDER_STATE_MS
}
