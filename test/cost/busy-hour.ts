import { seeded } from '../chance.ts'

/** One write of a run to an index. */
export interface TimedWrite {
  /** After the run was requested (ms). */
  afterMs: number
  /** Name of the index. */
  index: string
  units: number
}

/** The load of the busiest partition of an index. */
export interface Busiest {
  index: string
  /** Write units in its busiest second. */
  peak: number
  /** Write units a second, over the hour. */
  mean: number
}

const HOUR_S = 3600
const SHARDS = 16

/**
 * An hour in which so many runs begin each second, at any moment of it, each in any of the shards. Each run writes as one of those
 * that were measured.
 * @param runs the writes of each measured run
 */
export function busyHour(runs: readonly (readonly TimedWrite[])[], aSecond: number): Busiest[] {
  const random = seeded(1)
  const latestMs = Math.max(0, ...runs.flat().map(({ afterMs }) => afterMs))
  const seconds = HOUR_S + Math.ceil(latestMs / 1000) + 2
  const loads = new Map<string, Float64Array[]>()
  for (let number = 0; number < HOUR_S * aSecond; number++) {
    const begunMs = (number / aSecond + random()) * 1000
    const shard = Math.floor(random() * SHARDS)
    for (const { afterMs, index, units } of runs[Math.floor(random() * runs.length)] ?? []) {
      const partitions = loads.get(index) ?? Array.from({ length: SHARDS }, () => new Float64Array(seconds))
      loads.set(index, partitions)
      const load = partitions[shard] as Float64Array // one of them
      const second = Math.floor((begunMs + afterMs) / 1000)
      load[second] = (load[second] ?? 0) + units
    }
  }
  return [...loads].map(([index, partitions]) => {
    const peak = Math.max(...partitions.map((load) => load.reduce((most, units) => Math.max(most, units), 0)))
    const all = partitions.reduce((sum, load) => sum + load.reduce((some, units) => some + units, 0), 0)
    return { index, peak, mean: all / SHARDS / HOUR_S }
  })
}
