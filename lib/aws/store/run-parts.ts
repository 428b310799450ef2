import type { Run } from '../../runs/run.ts'
import type { Fields } from './compact.ts'
import { createPartMemo } from './part-memo.ts'
import { besideOf, type Part, partIds } from './parts.ts'
import { recordOf } from './run-item.ts'
import { type DynamoTable, itemsOf } from './table.ts'

/** Expired records are deleted within days, in any order: parts outlive their runs. */
const OUTLIVES_SECONDS = 7 * 24 * 3600

interface RunParts {
  /** A run's record with its parts. @throws {Error} where one is missing: nothing may be done without it */
  readWhole(item: Fields): Promise<Fields>
  /** Records by their ids, without large baselines. One whose parts are missing cannot be read. */
  readListed(ids: readonly string[]): Promise<Map<string, Fields>>
  /** Writes the parts that are not known to be there. */
  writeParts(run: Run, parts: readonly Part[]): Promise<void>
}

/** The parts beside the records of runs. Each is read and written once in a sandbox. */
export function partsOfRuns(table: DynamoTable): RunParts {
  const { read, readAll, replace } = itemsOf(table)
  const memo = createPartMemo()

  const remember = ({ id, kind, expiresAtSeconds, ...fields }: Fields): Fields => {
    memo.set(String(id), fields)
    return fields
  }

  const readPart = async (id: string): Promise<Fields> => {
    const known = memo.get(id)
    if (known) return known
    const item = await read(id)
    if (!item) throw new Error(`read ${table.name}: ${id} is missing, which a run names`)
    return remember(item)
  }

  return {
    readWhole: async (item) => {
      const parts = await Promise.all(partIds(item).map(readPart))
      const { beside, ...record } = recordOf(item, parts)
      return record
    },
    readListed: async (ids) => {
      const items = await readAll(ids)
      const wanted = [...items.values()].flatMap((item) => partIds(item, ['request']))
      // Taken now: the memo forgets some of them for those that are read.
      const known = new Map(wanted.map((id) => [id, memo.get(id)]))
      const found = await readAll(wanted.filter((id) => !known.get(id)))
      const parts = new Map([...found].map(([id, item]) => [id, remember(item)]))
      const recordIn = (item: Fields): Fields => {
        const own = partIds(item, ['request']).map((id) => parts.get(id) ?? known.get(id) ?? {})
        const { beside, ...record } = recordOf(item, own)
        // Whoever writes such a record does not lose its baseline.
        const { baseline } = besideOf(item)
        return baseline === undefined ? record : { ...record, beside: { baseline } }
      }
      return new Map([...items].map(([id, item]) => [id, recordIn(item)]))
    },
    writeParts: async ({ expiresAtSeconds }, parts) => {
      const news = parts.filter(({ id }) => !memo.get(id))
      await Promise.all(
        news.map(async ({ id, fields }) => {
          await replace({ ...fields, id, kind: 'part', expiresAtSeconds: expiresAtSeconds + OUTLIVES_SECONDS })
          memo.set(id, fields)
        }),
      )
    },
  }
}
