import * as z from 'zod/mini'
import type { ListFilter, Store } from '../../runs/ports.ts'
import { sweepExpiresAtSeconds } from '../../runs/retention.ts'
import { Run } from '../../runs/run.ts'
import { type Condition, listItems } from '../list.ts'
import type { Fields } from './compact.ts'
import { dueRuns } from './due.ts'
import { listStateOf, storedForm } from './run-item.ts'
import { partsOfRuns } from './run-parts.ts'
import { type DynamoTable, itemsOf } from './table.ts'

/** Runs in DynamoDB, and the time of the last sweep. */
export function runStore(
  table: DynamoTable,
): Pick<Store, 'get' | 'create' | 'save' | 'due' | 'list' | 'lastSweep' | 'noteSweep'> {
  const { read, put, replace } = itemsOf(table)
  const { readWhole, readListed, writeParts } = partsOfRuns(table)

  const get = async (id: string): Promise<Run | undefined> => {
    const item = await read(id)
    return item && Run.parse(await readWhole(item))
  }

  /** A record never names a part that is not there. */
  const write = async (run: Run, condition: string, values?: Fields): Promise<boolean> => {
    const { item, parts } = storedForm(run, table.layout)
    await writeParts(run, parts)
    return put(item, condition, values)
  }

  return {
    get,
    create: async (run) => ((await write(run, 'attribute_not_exists(id)')) ? undefined : await get(run.id)),
    save: (run) => write(run, 'version = :before', { ':before': run.version - 1 }),
    due: (query) => dueRuns(table, query),
    list: async ({ limit, cursor, since, until, ...filter }) => {
      const query = { kind: 'run', limit, cursor, since, until, where: conditionsOf(filter) }
      const { items, ...more } = await listItems(table, query, {
        read: readListed,
        parse: (record) => Run.safeParse(record).data,
        fits: (run) => fits(run, filter),
      })
      return { runs: items, ...more }
    },
    lastSweep: async () => Sweep.parse((await read(SWEEP)) ?? {}).at,
    noteSweep: (at) => replace({ id: SWEEP, kind: 'sweep', at, expiresAtSeconds: sweepExpiresAtSeconds(at) }),
  }
}

/** The id of the item that holds the time of the last sweep. */
const SWEEP = 'sweep'
const Sweep = z.object({ at: z.optional(z.string()) })

type Filter = Pick<ListFilter, (typeof FILTERS)[number]['name']>

/** Release 0.4 stored no `resource`: its runs are found by the id of their target. */
const TARGET_IDS = ['target.instanceId', 'target.clusterId']

/** Each filter, where it finds its value in an item, and in a run. */
const FILTERS = [
  { name: 'state', paths: ['state'], attribute: 'listed', of: ({ state }: Run) => state },
  { name: 'operation', paths: ['operation'], attribute: 'operation', of: ({ operation }: Run) => operation },
  { name: 'sourceKind', paths: ['source.kind'], attribute: 'sourceKind', of: ({ source }: Run) => source.kind },
  { name: 'source', paths: ['source.name'], attribute: 'sourceName', of: ({ source }: Run) => source.name },
  { name: 'resource', paths: ['resource', ...TARGET_IDS], attribute: 'resource', of: ({ resource }: Run) => resource },
  { name: 'batchId', paths: ['batchId'], attribute: 'batchId', of: ({ batchId }: Run) => batchId },
] as const

function conditionsOf(filter: Filter): Condition[] {
  return FILTERS.flatMap(({ name, paths, attribute }) => {
    const wanted = wantedBy(filter, name)
    const ids = name === 'resource' ? wanted.map((one) => one.slice(one.lastIndexOf('/') + 1)) : []
    const entries = name === 'state' ? { entryAnyOf: [...new Set(filter.state?.map(listStateOf))] } : {}
    return wanted.length === 0 ? [] : [{ paths, attribute, anyOf: [...new Set([...wanted, ...ids])], ...entries }]
  })
}

function fits(run: Run, filter: Filter): boolean {
  return FILTERS.every(({ name, of }) => {
    const wanted = wantedBy(filter, name)
    return wanted.length === 0 || wanted.includes(of(run) ?? '')
  })
}

/** The values of a filter, any of which fits; none where all fit. */
function wantedBy(filter: Filter, name: keyof Filter): readonly string[] {
  return [filter[name] ?? []].flat()
}
