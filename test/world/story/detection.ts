import { streamOf } from '../engine/chance.ts'
import { liveThrough } from './crowd.ts'
import { quantile } from './quantile.ts'
import type { Subject } from './simulate.ts'

/** How soon the end of work is told. */
export interface Detection {
  /** From the end of the work to the write of the run's end (ms). */
  p50Ms: number
  p95Ms: number
  /** Mean reads of the cloud a run, from the request on. */
  reads: number
  /** Whose work began, and of these, whose end was told as success or failure. */
  runs: number
  told: number
}

/** Worlds of each cell: each has faults of other rates. */
const WORLDS = 12
const RUNS_A_WORLD = 40

/** A work is up to a tenth shorter or longer, so that no schedule meets its end by its own rhythm. */
const SPREAD = 0.1

/** Runs of a world start within so long: at other points of the minute, never one after the other. */
const WITHIN_MS = 10 * 60_000

const HARM = 0.3

export interface DetectionCell {
  seed: number
  workMinutes: number
  faults: boolean
  /** Unless given, enough for figures that another seed repeats. */
  worlds?: number
}

/** Measures the engine over many runs, each on an instance of its own. */
export async function detect(
  { seed, workMinutes, faults, worlds = WORLDS }: DetectionCell,
  subject: Subject,
): Promise<Detection> {
  const workMs = [(1 - SPREAD) * workMinutes * 60_000, (1 + SPREAD) * workMinutes * 60_000] as const
  const crowd = { runs: RUNS_A_WORLD, operations: ['dcs.instance.restart'], withinMs: WITHIN_MS, workMs, latencyMs: 20 }
  const how = { harm: HARM, theme: faults ? ('all' as const) : ('nothing' as const) }
  const delays: (number | undefined)[] = []
  let reads = 0
  for (let world = 0; world < worlds; world++) {
    for (const followed of await liveThrough({ ...crowd, ...how, seed: seed + world }, subject)) {
      delays.push(followed.delayMs)
      reads += followed.reads
    }
  }
  return summary(delays, reads)
}

/** A poller that looks again after waits of its own, and takes two looks in a row for the end. */
export interface Baseline {
  name: string
  /** Seconds to wait before look number `look` (0 = the first). @param random uniform in [0, 1) */
  waitSeconds(look: number, random: number): number
}

export const BASELINES: readonly Baseline[] = [
  // The first wait is a random part of the interval, for nobody's work starts with the clock.
  { name: 'fixed, 30 s', waitSeconds: (look, random) => (look === 0 ? 30 * random : 30) },
  { name: 'doubling, 5 s to 120 s', waitSeconds: (look) => Math.min(120, 5 * 2 ** look) },
]

const CONFIRMING_LOOKS = 2

/** The same for a baseline, where nothing goes wrong and a look takes no time. */
export function detectBy({ name, waitSeconds }: Baseline, seed: number, workMinutes: number): Detection {
  const random = streamOf(seed, name)
  const runs = Array.from({ length: WORLDS * RUNS_A_WORLD }, () => {
    const workMs = workMinutes * 60_000 * (1 - SPREAD + 2 * SPREAD * random())
    const phase = random()
    let [nowMs, looks, done] = [0, 0, 0]
    while (done < CONFIRMING_LOOKS) {
      nowMs += waitSeconds(looks++, phase) * 1000
      if (nowMs >= workMs) done++
    }
    return { delayMs: nowMs - workMs, looks }
  })
  const delays = runs.map(({ delayMs }) => delayMs)
  return summary(
    delays,
    runs.reduce((sum, { looks }) => sum + looks, 0),
  )
}

function summary(delays: readonly (number | undefined)[], reads: number): Detection {
  const known = delays.filter((delay) => delay !== undefined)
  const at = (share: number): number => quantile(known, share) ?? Number.NaN
  return { p50Ms: at(0.5), p95Ms: at(0.95), reads: reads / delays.length, runs: delays.length, told: known.length }
}
