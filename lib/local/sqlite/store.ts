import { jsonOf } from '../../basics/json-of.ts'
import { DeadLetter } from '../../runs/dead-letter.ts'
import { Delivery, namesRuns } from '../../runs/delivery.ts'
import { LeaseRecord } from '../../runs/lease/lease-record.ts'
import type { ListFilter, Store } from '../../runs/ports.ts'
import { deadLetterExpiresAtSeconds, leaseExpiresAtSeconds, sweepExpiresAtSeconds } from '../../runs/retention.ts'
import { Run } from '../../runs/run.ts'
import { isFinal } from '../../runs/states.ts'
import type { Database, Values } from './database.ts'
import { listRecords } from './list.ts'
import { storeStatements } from './store-statements.ts'

/**
 * The store on SQLite. Each change is on disk when its promise resolves.
 * @param onEnd writes what people are told of a run's end, in the transaction that ends it
 */
export function sqliteStore(database: Database, onEnd: (run: Run) => void = () => {}): Store {
  const { runs, leases, deadLetters, deliveries, sweeps } = storeStatements(database)

  const get = async (id: string): Promise<Run | undefined> => {
    const row = runs.get.get({ id })
    return row && Run.parse(jsonOf(row.record))
  }

  const getDeadLetter = async (messageId: string): Promise<DeadLetter | undefined> => {
    const row = deadLetters.get.get({ id: messageId })
    return row && DeadLetter.parse(jsonOf(row.record))
  }

  return {
    get,
    create: async (run) => ((await runs.create.write(recordOf(run.id, run))) === 1 ? undefined : await get(run.id)),
    save: (run) =>
      database.write('save run', () => {
        const isSaved = runs.save.run({ ...recordOf(run.id, run), before: run.version - 1 }) === 1
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
    lastSweep: async () => sweeps.get.get()?.at,
    noteSweep: async (at) => void (await sweeps.note.write({ at, expiresAt: sweepExpiresAtSeconds(at) })),
    list: async ({ limit, cursor, since, until, ...filter }) => {
      const query = { kind: 'run', limit, cursor, since, until, filter: filterOf(filter) }
      const { items, ...more } = listRecords(runs.list, query, (record) => Run.safeParse(record).data)
      return { runs: items, ...more }
    },
    listDeadLetters: async (page) => {
      const query = { kind: 'letter', ...page }
      const { items, ...more } = listRecords(deadLetters.list, query, (record) => DeadLetter.safeParse(record).data)
      return { deadLetters: items, ...more }
    },
    getLease: async (resource) => {
      const row = leases.get.get({ resource })
      return row && LeaseRecord.parse(jsonOf(row.record))
    },
    saveLease: async (lease) => {
      const { resource, version } = lease
      const values = { resource, record: JSON.stringify(lease), expiresAt: leaseExpiresAtSeconds(lease) }
      const saved = version === 1 ? leases.create.write(values) : leases.save.write({ ...values, before: version - 1 })
      return (await saved) === 1
    },
    getDeadLetter,
    createDeadLetter: async (deadLetter) =>
      (await deadLetters.keep.write(deadLetterValues(deadLetter))) === 1
        ? undefined
        : await getDeadLetter(deadLetter.messageId),
    saveDeadLetter: async (deadLetter) => (await deadLetters.save.write(deadLetterValues(deadLetter))) === 1,
    keepDelivery: async (received) =>
      void (await deliveries.keep.write({
        ...recordOf(received.id, received),
        namesRuns: Number(namesRuns(received)),
      })),
    getDelivery: async (id) => {
      const row = deliveries.get.get({ id })
      return row && Delivery.parse(jsonOf(row.record))
    },
    listDeliveries: async ({ source, ...page }) => {
      const query = { kind: 'delivery', ...page, filter: { source: source ?? null } }
      const { items, ...more } = listRecords(deliveries.list, query, (record) => Delivery.safeParse(record).data)
      return { deliveries: items, ...more }
    },
  }
}

function recordOf(id: string, record: Run | Delivery): { id: string; record: string } {
  return { id, record: JSON.stringify(record) }
}

function deadLetterValues(deadLetter: DeadLetter): Values {
  return {
    id: deadLetter.messageId,
    record: JSON.stringify(deadLetter),
    expiresAt: deadLetterExpiresAtSeconds(deadLetter),
  }
}

/** In SQL, null lets all through. */
function filterOf({ state, operation, source, resource, batchId }: Omit<ListFilter, 'limit'>): Values {
  return {
    states: state?.length ? JSON.stringify(state) : null,
    operation: operation ?? null,
    source: source ?? null,
    resources: resource?.length ? JSON.stringify(resource) : null,
    batchId: batchId ?? null,
  }
}
