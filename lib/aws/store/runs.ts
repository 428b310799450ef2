import { QueryCommand } from '@aws-sdk/lib-dynamodb'
import * as z from 'zod/mini'
import type { ListFilter, Store } from '../../runs/ports.ts'
import { sweepExpiresAtSeconds } from '../../runs/retention.ts'
import { Run } from '../../runs/run.ts'
import { type Condition, listItems } from '../list.ts'
import { ofThisRelease } from '../release-04.ts'
import { type DynamoTable, itemsOf } from './table.ts'

/** Runs in DynamoDB, and the time of the last sweep. */
export function runStore(
  table: DynamoTable,
): Pick<Store, 'get' | 'create' | 'save' | 'due' | 'list' | 'lastSweep' | 'noteSweep'> {
  const { read, put, replace } = itemsOf(table)

  const get = async (id: string): Promise<Run | undefined> => {
    const item = await read(id)
    return item && Run.parse(ofThisRelease(item))
  }

  return {
    get,
    create: async (run) => ((await put(run, 'attribute_not_exists(id)')) ? undefined : await get(run.id)),
    save: (run) => put(run, 'version = :before', { ':before': run.version - 1 }),
    due: (query) => dueRuns(table, query),
    list: async ({ limit, cursor, since, until, ...filter }) => {
      const query = { kind: 'run', limit, cursor, since, until, where: conditionsOf(filter) }
      const { items, ...more } = await listItems(table, query, (item) => Run.safeParse(ofThisRelease(item)).data)
      return { runs: items, ...more }
    },
    lastSweep: async () => Sweep.parse((await read(SWEEP)) ?? {}).at,
    noteSweep: (at) => replace({ id: SWEEP, kind: 'sweep', at, expiresAtSeconds: sweepExpiresAtSeconds(at) }),
  }
}

/** The id of the item that holds the time of the last sweep. */
const SWEEP = 'sweep'
const Sweep = z.object({ at: z.optional(z.string()) })

async function dueRuns(
  { name, db }: DynamoTable,
  { now, limit, cursor }: Parameters<Store['due']>[0],
): ReturnType<Store['due']> {
  const query = {
    TableName: name,
    IndexName: 'due',
    KeyConditionExpression: 'due = :due AND dueAt <= :now',
    ExpressionAttributeValues: { ':due': 'due', ':now': now },
    Limit: limit,
    ...(cursor ? { ExclusiveStartKey: JSON.parse(cursor) } : {}),
  }
  const { Items = [], LastEvaluatedKey } = await db.send(new QueryCommand(query))
  const more = LastEvaluatedKey ? { cursor: JSON.stringify(LastEvaluatedKey) } : {}
  return { ids: Items.map((item) => String(item.id)), ...more }
}

/** The paths in a stored run that each filter compares. */
const PATHS = {
  state: ['state'],
  operation: ['operation'],
  sourceKind: ['source.kind'],
  source: ['source.name'],
  // Release 0.4 stored no `resource`: its runs are found by the id of their target.
  resource: ['resource', 'target.instanceId', 'target.clusterId'],
  batchId: ['batchId'],
} as const

type Filter = Pick<ListFilter, keyof typeof PATHS>

function conditionsOf({ resource = [], ...filter }: Filter): Condition[] {
  const ids = resource.map((one) => one.slice(one.lastIndexOf('/') + 1))
  const wanted = Object.entries({ ...filter, resource: [...new Set([...resource, ...ids])] })
  return wanted.flatMap(
    ([name, value]) =>
      value === undefined || value.length === 0 ? [] : [{ paths: PATHS[name as keyof Filter], anyOf: [value].flat() }], // keys of the filter
  )
}
