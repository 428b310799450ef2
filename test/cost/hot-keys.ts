import { PARTITION_WRITE_UNITS } from './assumptions.ts'
import type { Counters } from './counters.ts'

/** Partition keys to which all runs write. Those that differ in a number or a last digit only, as shards do, share the load. */
export interface HotKeys {
  /** `table`, or the name of an index. */
  where: string
  /** With `*` for a number. */
  key: string
  keys: number
  /** Write units of one run, to all of them. */
  units: number
  /** Runs a second, until the first of their partitions throttles. */
  aSecond: number
}

/**
 * The keys that runs share, the first that throttles first. What each run has for itself can never be too many runs'.
 * @param partitions of each run: write units by table or index and key, e.g. `due due`
 */
export function hotKeysOf(partitions: readonly Counters[]): HotKeys[] {
  const all = partitions.flatMap((units, run) =>
    Object.entries(units).flatMap(([place, amount]) => (amount === 0 ? [] : [{ run, place, units: amount }])),
  )
  const families = [...Map.groupBy(all, ({ place }) => place.replaceAll(/\d+|(?<=\.)[0-9a-f]$/g, '*'))]
  const hot = families.flatMap(([family, writes]) => {
    const keys = new Set(writes.map(({ place }) => place)).size
    const runs = new Set(writes.map(({ run }) => run)).size
    if (keys >= runs) return []
    const units = writes.reduce((sum, write) => sum + write.units, 0) / partitions.length
    const [where = '', ...key] = family.split(' ')
    return [{ where, key: key.join(' '), keys, units, aSecond: (PARTITION_WRITE_UNITS * keys) / units }]
  })
  return hot.sort((a, b) => a.aSecond - b.aSecond)
}
