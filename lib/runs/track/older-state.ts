import type { Observation, Probe } from '../../services/tracking.ts'
import type { Run } from '../run.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'

/** A state of up to a minute ago may be read, twice in a row, on any clock: so soon it may be that of before the work. */
const OLDER_STATE_MS = 60_000 + CLOCKS_APART_MS

interface Sequence {
  run: Pick<Run, 'sawWork'>
  probe: Pick<Probe<unknown>, 'consecutive' | 'unchangedSeconds'>
  /** How long ago the work was accepted. */
  ageMs: number
}

/**
 * Whether an observation may show the state of before the work: then one more must confirm it. A probe that is content with one
 * observation is followed by others; one with `unchangedSeconds` waits anyway until the work was seen.
 */
export function mayBeOlder({ run, probe, ageMs }: Sequence, { asBefore }: Pick<Observation, 'asBefore'>): boolean {
  const waitsAnyway = probe.unchangedSeconds !== undefined && run.sawWork !== true
  return asBefore === true && !waitsAnyway && probe.consecutive > 1 && ageMs < OLDER_STATE_MS
}
