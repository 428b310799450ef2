import * as z from 'zod/mini'
import { jsonOf } from '../../basics/json-of.ts'
import type { Store } from '../../runs/ports.ts'
import { mergePartitions, type Partition, type Place } from './merge.ts'
import { shardsOf } from './shards.ts'
import type { DynamoTable } from './table.ts'

/** Entries that one query reads. Most sweeps find nothing. */
const PAGE = 100

/** As a text, smaller than every instant. */
const BEFORE_ALL = '0'

/** Pages of the runs that are due, of all shards, most overdue first. */
export function dueRuns(table: DynamoTable, page: Parameters<Store['due']>[0]): ReturnType<Store['due']> {
  const isBoth = table.layout.sweeps.includes('due')
  const old = isBoth ? [{ index: 'due', hash: 'due', value: 'due', mayBeGone: true }] : []
  return dueIn(table, page, [...old, ...sweptShards(DUE.runs)])
}

/** The same of documents. */
export function dueDocuments(table: DynamoTable, page: Parameters<Store['due']>[0]): ReturnType<Store['due']> {
  return dueIn(table, page, sweptShards(DUE.documents))
}

/** The partitions of the index `swept`. */
export const DUE = { runs: 'due', documents: 'due-document' } as const

function sweptShards(of: string): Partition[] {
  return shardsOf(of).map((value) => ({ index: 'swept', hash: 'dueShard', value }))
}

async function dueIn(
  table: DynamoTable,
  { now, limit, cursor }: Parameters<Store['due']>[0],
  partitions: readonly Partition[],
): ReturnType<Store['due']> {
  const after = cursor ? After.parse(jsonOf(cursor)) : undefined
  const bounds = { range: 'dueAt', order: 'ascending', from: BEFORE_ALL, until: now, after } as const
  const merged = mergePartitions(table, { ...bounds, partitions, pageSize: PAGE })
  const entries: Place[] = []
  while (entries.length < limit) {
    await merged.read(limit - entries.length)
    entries.push(...merged.take(limit - entries.length))
    if (merged.isDone()) return { ids: idsOf(entries) }
  }
  return { ids: idsOf(entries), cursor: JSON.stringify(entries.at(-1)) }
}

const After = z.object({ at: z.string(), id: z.string() })

/** Of two indexes, one may lag behind the other and have an older date of a run. */
function idsOf(entries: readonly Place[]): string[] {
  return [...new Set(entries.map(({ id }) => id))]
}
