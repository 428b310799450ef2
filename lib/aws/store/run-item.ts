import type { Run } from '../../runs/run.ts'
import { isFinal, type State } from '../../runs/states.ts'
import { ofThisRelease } from '../release-04.ts'
import { compacted, expanded, type Fields } from './compact.ts'
import type { Layout } from './layout.ts'
import { type Part, separated } from './parts.ts'
import { shardOf, withoutKeys } from './shards.ts'
import type { Item } from './table.ts'

/** @returns what is stored of a run: its item, which has the attributes of the indexes, and parts beside it */
export function storedForm(run: Run, { form }: Layout): { item: Item; parts: Part[] } {
  const { id, source, state, dueAt } = run
  const keys = {
    ...{ listShard: shardOf('run', id), listed: listStateOf(state) },
    ...{ sourceKind: source.kind, sourceName: source.name },
    ...(dueAt === undefined ? {} : { dueShard: shardOf('due', id) }),
  }
  if (form === 'plain') return { item: { ...run, ...keys }, parts: [] }
  // As DynamoDB gives it back: without fields that are undefined.
  const whole: Fields = JSON.parse(JSON.stringify(run))
  const { record, parts } = separated(whole)
  return { item: { ...compacted({ ...record, ...keys }), id }, parts }
}

/** An entry of a list is written when a run is accepted, and when it ends: the states of a live run are in its record. */
export function listStateOf(state: State): string {
  return isFinal(state) ? state : 'live'
}

/** The record in an item of any release and form, not yet checked. @param parts their fields */
export function recordOf(item: Fields, parts: readonly Fields[] = []): Fields {
  const { writeId, ...record } = withoutKeys(expanded(item))
  return Object.assign({}, ofThisRelease(record), ...parts)
}
