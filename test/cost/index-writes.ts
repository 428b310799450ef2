import { isDeepStrictEqual } from 'node:util'
import type { Item } from '../world/engine/expressions.ts'
import type { IndexSettings } from '../world/engine/template.ts'
import { itemBytes, writeUnits } from './sizes.ts'

/** One write to a partition of an index. */
export interface IndexWrite {
  /** The value of the partition key. */
  partition: string
  units: number
}

/**
 * What a write to the table costs in an index: nothing, one write, or two where its key changes.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 * @param tableKeys the attributes that are the key of the table: each index has them
 */
export function indexWrites(
  index: IndexSettings,
  tableKeys: readonly string[],
  { before, after }: { before: Item | undefined; after: Item | undefined },
): IndexWrite[] {
  const [old, now] = [entryOf(index, tableKeys, before), entryOf(index, tableKeys, after)]
  if (!old || !now) return [old, now].flatMap((entry) => (entry ? [writeOf(index, [entry])] : []))
  if (isDeepStrictEqual(old, now)) return []
  if (keysOf(index).every((name) => old[name] === now[name])) return [writeOf(index, [now, old])]
  return [writeOf(index, [old]), writeOf(index, [now])]
}

/** What the index has of an item; undefined where the item lacks one of its keys. */
export function entryOf(index: IndexSettings, tableKeys: readonly string[], item: Item | undefined): Item | undefined {
  const keys = keysOf(index)
  if (!item || keys.some((name) => item[name] === undefined)) return undefined
  if (index.projected === 'all') return item
  const names = new Set([...keys, ...tableKeys, ...index.projected])
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)))
}

function keysOf({ hash, range }: IndexSettings): string[] {
  return range === undefined ? [hash] : [hash, range]
}

/** The larger of what was there and what is there counts, as in the table. */
function writeOf({ hash }: IndexSettings, entries: readonly [Item, ...Item[]]): IndexWrite {
  return { partition: String(entries[0][hash]), units: writeUnits(Math.max(...entries.map(itemBytes))) }
}
