import * as z from 'zod/mini'
import { jsonOf } from '../../basics/json-of.ts'
import type { Store } from '../../runs/ports.ts'
import type { Layout } from './layout.ts'
import { mergePartitions, type Partition, type Place } from './merge.ts'
import { shardsOf } from './shards.ts'
import type { DynamoTable } from './table.ts'

/** Entries that one query reads. Most sweeps find nothing. */
const PAGE = 100

/** As a text, smaller than every instant. */
const BEFORE_ALL = '0'

/** Pages of the runs that are due, of all shards, most overdue first. */
export async function dueRuns(
  table: DynamoTable,
  { now, limit, cursor }: Parameters<Store['due']>[0],
): ReturnType<Store['due']> {
  const after = cursor ? After.parse(jsonOf(cursor)) : undefined
  const bounds = { range: 'dueAt', order: 'ascending', from: BEFORE_ALL, until: now, after } as const
  const merged = mergePartitions(table, { ...bounds, partitions: partitionsOf(table.layout), pageSize: PAGE })
  const entries: Place[] = []
  while (entries.length < limit) {
    await merged.read(limit - entries.length)
    entries.push(...merged.take(limit - entries.length))
    if (merged.isDone()) return { ids: idsOf(entries) }
  }
  return { ids: idsOf(entries), cursor: JSON.stringify(entries.at(-1)) }
}

const After = z.object({ at: z.string(), id: z.string() })

function partitionsOf({ sweeps }: Layout): Partition[] {
  const swept = shardsOf('due').map((value) => ({ index: 'swept', hash: 'dueShard', value }))
  const isBoth = sweeps.includes('due')
  return [...(isBoth ? [{ index: 'due', hash: 'due', value: 'due', mayBeGone: true }] : []), ...swept]
}

/** Of two indexes, one may lag behind the other and have an older date of a run. */
function idsOf(entries: readonly Place[]): string[] {
  return [...new Set(entries.map(({ id }) => id))]
}
