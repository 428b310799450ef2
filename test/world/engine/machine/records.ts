import { type Scope, world } from '../current.ts'
import type { Item } from '../expressions.ts'
import { dropped } from '../releases.ts'
import { note } from '../request.ts'
import { shownOf, type Table } from '../table.ts'
import type { Raw } from './watch.ts'

/** The records in the file, as those who judge know them: in the shape of the table on AWS. */
export interface Records extends Table {
  isKept(table: string): boolean
  /** A row as it is now, committed or not. */
  read(raw: Raw, row: RowOf): RowState
  /** All rows of a table that are not as they are known. */
  differing(raw: Raw, table: string): RowState[]
  /** A row was committed. @param by who wrote it; undefined where its time was over */
  committed(state: RowState, by: Scope | undefined): void
}

export interface RowOf {
  table: string
  key: string
}

export interface RowState extends RowOf {
  /** Undefined where it is gone. */
  item: Item | undefined
  /** The text of the record as it stands in the file; empty where the table has none. */
  text: string
  /** The other columns. */
  more: string
}

type Row = Record<string, unknown>

interface Kind {
  select: string
  keyColumn: string
  /** @param record what is in the record, where the table has records */
  itemOf: (row: Row, record: Row) => Item & { id: string }
}

const KINDS: Readonly<Record<string, Kind>> = {
  runs: { select: 'SELECT id AS key, record FROM runs', keyColumn: 'id', itemOf: plain },
  documents: { select: 'SELECT id AS key, record FROM documents', keyColumn: 'id', itemOf: plain },
  deliveries: { select: 'SELECT id AS key, record FROM deliveries', keyColumn: 'id', itemOf: plain },
  leases: {
    select: 'SELECT resource AS key, record, expires_at AS expiresAtSeconds FROM leases',
    keyColumn: 'resource',
    itemOf: ({ key, expiresAtSeconds }, record) => ({ ...record, id: `lease:${key}`, kind: 'lease', expiresAtSeconds }),
  },
  dead_letters: {
    select: 'SELECT id AS key, record, expires_at AS expiresAtSeconds FROM dead_letters',
    keyColumn: 'id',
    itemOf: ({ key, expiresAtSeconds }, record) => ({
      ...{ ...record, id: `letter:${key}`, kind: 'letter', createdAt: record.at, expiresAtSeconds },
    }),
  },
  sweeps: {
    select: 'SELECT id AS key, at, expires_at AS expiresAtSeconds FROM sweeps',
    keyColumn: 'id',
    itemOf: ({ at, expiresAtSeconds }) => ({ id: 'sweep', kind: 'sweep', at, expiresAtSeconds }),
  },
}

function plain({ key }: Row, record: Row): Item & { id: string } {
  return { ...record, id: String(key) }
}

/** @param raw the file, for those who judge */
export function createRecords(raw: () => Raw | undefined): Records {
  /** By table and key; in the order in which they were made. */
  const known = new Map<string, RowState>()
  const byId = new Map<string, RowState>()

  const forget = (state: RowState): void => {
    known.delete(nameOf(state))
    byId.delete(String(state.item?.id))
  }

  const records: Records = {
    isKept: (table) => table in KINDS,
    read: ({ get }, { table, key }) => {
      const { select = '', keyColumn = '' } = KINDS[table] ?? {}
      return stateOf({ table, key }, get(`${select} WHERE ${keyColumn} = ?`, key))
    },
    differing: ({ all }, table) => {
      const states = all(KINDS[table]?.select ?? '').map((row) => stateOf({ table, key: String(row.key) }, row))
      const there = new Set(states.map(nameOf))
      const gone = [...known.values()].filter((state) => state.table === table && !there.has(nameOf(state)))
      const changed = states.filter((state) => !isSame(known.get(nameOf(state)), state))
      return [...changed, ...gone.map(({ key }) => stateOf({ table, key }, undefined))]
    },
    committed: (state, by) => {
      const before = known.get(nameOf(state))
      if (isSame(before, state)) return
      if (!state.item) {
        if (before) checkExpiry(before)
        if (before) forget(before)
        return
      }
      const lost = dropped(before?.item, state.item)
      if (lost.length > 0) world().witness.forgot(String(state.item.id), lost)
      known.set(nameOf(state), state)
      byId.set(String(state.item.id), state)
      if (world().log) note(`writes ${shownOf(state.item)}`, [String(state.item.id)])
      if (by) world().witness.written(before?.item, state.item, by)
    },
    send: () => Promise.reject(new Error('there is no DynamoDB in this world')),
    bring: () => {
      throw new Error('there is no DynamoDB in this world')
    },
    item: (id) => byId.get(id)?.item,
    items: () => Array.from(byId.values(), ({ item }) => item as Item), // one that is gone is forgotten
    stored: () => records.items(),
    expire: (isGone) => {
      for (const state of [...known.values()]) {
        const { table, key, item } = state
        if (!item || !isGone(item)) continue
        raw()?.run(`DELETE FROM ${table} WHERE ${KINDS[table]?.keyColumn} = ?`, key)
        forget(state)
      }
    },
    lags: () => false,
    counts: { reads: 0, writes: 0, refused: 0 },
  }
  return records
}

function nameOf({ table, key }: RowOf): string {
  return `${table} ${key}`
}

function isSame(before: RowState | undefined, { text, more }: RowState): boolean {
  return before?.text === text && before.more === more
}

function stateOf(of: RowOf, row: Row | undefined): RowState {
  if (!row) return { ...of, item: undefined, text: '', more: '' }
  const { record: text = '', key, ...others } = row as { record?: string } & Row // of the tables
  const record = text ? (JSON.parse(text) as Row) : {}
  return { ...of, item: KINDS[of.table]?.itemOf(row, record), text, more: Object.values(others).join(' ') }
}

/** Records go when their time is over, and not before. */
function checkExpiry({ item = {} }: RowState): void {
  const { id, expiresAtSeconds } = item
  note(`${String(id)} has expired`)
  // Hosts' clocks may be minutes apart.
  const isOver = Number(expiresAtSeconds) * 1000 < world().clock.now() + 15 * 60_000
  if (!isOver) world().witness.broken('a record is kept until its time', `${id}, until ${expiresAtSeconds}`)
}
