import { jsonOf } from '../../basics/json-of.ts'
import type { ListFilter, Store } from '../../runs/ports.ts'
import { Run } from '../../runs/run.ts'
import { isFinal } from '../../runs/states.ts'
import type { Database, Values } from './database.ts'
import { type ListedRow, listRecords, PAGED } from './list.ts'

/** @param onEnd writes the notification of a run's end, in the transaction that ends the run */
export function sqliteRuns(
  database: Database,
  onEnd: (run: Run) => void,
): Pick<Store, 'get' | 'create' | 'save' | 'due' | 'list'> {
  const runs = runStatements(database)

  const get = async (id: string): Promise<Run | undefined> => {
    const row = runs.get.get({ id })
    return row && Run.parse(jsonOf(row.record))
  }

  return {
    get,
    create: async (run) => ((await runs.create.write(valuesOf(run))) === 1 ? undefined : await get(run.id)),
    save: (run) =>
      database.write('save run', () => {
        const isSaved = runs.save.run({ ...valuesOf(run), before: run.version - 1 }) === 1
        if (isSaved && isFinal(run.state) && !run.notifiedAt) onEnd(run)
        return isSaved
      }),
    due: async ({ now, limit, cursor }) => {
      const [dueAt, id] = cursor ? JSON.parse(cursor) : ['', '']
      const rows = runs.due.all({ now, dueAt, id, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const more = last && rows.length > limit ? { cursor: JSON.stringify([last.dueAt, last.id]) } : {}
      return { ids: page.map((row) => row.id), ...more }
    },
    list: async ({ limit, cursor, since, until, ...filter }) => {
      const query = { kind: 'run', limit, cursor, since, until, filter: filterValues(filter) }
      const { items, ...more } = listRecords(runs.list, query, (record) => Run.safeParse(record).data)
      return { runs: items, ...more }
    },
  }
}

function runStatements({ prepare }: Pick<Database, 'prepare'>) {
  return {
    get: prepare<{ record: string }>('read run', 'SELECT record FROM runs WHERE id = :id'),
    create: prepare('create run', 'INSERT INTO runs (id, record) VALUES (:id, :record) ON CONFLICT (id) DO NOTHING'),
    save: prepare('save run', 'UPDATE runs SET record = :record WHERE id = :id AND version = :before'),
    due: prepare<{ id: string; dueAt: string }>(
      'find due runs',
      `SELECT id, due_at AS dueAt FROM runs WHERE due_at <= :now AND (due_at, id) > (:dueAt, :id)
       ORDER BY due_at, id LIMIT :limit`,
    ),
    list: prepare<ListedRow>(
      'list runs',
      `SELECT id, created_at AS createdAt, record FROM runs
       WHERE (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
         AND (:operation IS NULL OR operation = :operation)
         AND (:sourceKind IS NULL OR source = :sourceKind)
         AND (:source IS NULL OR record ->> '$.source.name' = :source)
         AND (:resources IS NULL OR resource IN (SELECT value FROM json_each(:resources)))
         AND (:batchId IS NULL OR batch_id = :batchId)
         AND ${PAGED}`,
    ),
  }
}

function valuesOf(run: Run): Values {
  return { id: run.id, record: JSON.stringify(run) }
}

/** In SQL, a null filter lets every row through. */
function filterValues({ state, operation, sourceKind, source, resource, batchId }: Omit<ListFilter, 'limit'>): Values {
  return {
    states: state?.length ? JSON.stringify(state) : null,
    operation: operation ?? null,
    sourceKind: sourceKind ?? null,
    source: source ?? null,
    resources: resource?.length ? JSON.stringify(resource) : null,
    batchId: batchId ?? null,
  }
}
