import type { Run } from '../../runs/run.ts'
import { ofThisRelease } from '../release-04.ts'
import { shardOf, withoutKeys } from './shards.ts'
import type { Item } from './table.ts'

/** The stored form of a run: its record, and the attributes of the indexes. */

/** @returns the item of a run. Lists and filters read its attributes in the index */
export function itemOf(run: Run): Item {
  const { kind, name } = run.source
  return {
    ...run,
    ...{ listShard: shardOf('run', run.id), sourceKind: kind, sourceName: name },
    ...(run.dueAt === undefined ? {} : { dueShard: shardOf('due', run.id) }),
  }
}

/** The record in an item of any release, not yet checked. */
export function recordOf(item: Record<string, unknown>): Record<string, unknown> {
  const { writeId, ...record } = withoutKeys(item)
  return ofThisRelease(record)
}
