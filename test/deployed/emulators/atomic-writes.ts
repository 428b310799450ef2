import dynaliteDb from 'dynalite/db/index.js'

type UpdateIndexes = typeof dynaliteDb.updateIndexes
type Table = Parameters<UpdateIndexes>[1]
type Operation = Parameters<Parameters<UpdateIndexes>[0]['db']['batch']>[0][number]

/**
 * Lets dynalite write an item and its index entries in one step of LevelDB.
 *
 * By itself it writes one after the other, the entries first. Whoever is killed in between leaves an item that an index
 * lacks: a run that the sweeper never finds; or an entry without its item: a run that only lists show.
 */
export function writeAtomically(): void {
  // Its actions call this just before they write the item, which then changes nothing any more.
  dynaliteDb.updateIndexes = (store, table, before, after, done) => {
    const item = after ?? before
    if (!item) return done()
    const key = `item-${table.TableName}~${dynaliteDb.createKey(item, table)}`
    const own: Operation = after ? { type: 'put', key, value: after } : { type: 'del', key }
    store.db.batch([...indexOperations(table, before, after), own], done)
  }
}

/** The deletes go first, as in dynalite; so do the prefixes (its `getIndexDb`). */
function indexOperations(
  table: Table,
  before: Parameters<UpdateIndexes>[2],
  after: Parameters<UpdateIndexes>[3],
): Operation[] {
  const kinds = { local: table.LocalSecondaryIndexes ?? [], global: table.GlobalSecondaryIndexes ?? [] }
  return Object.entries(kinds).flatMap(([kind, indexes]) => {
    const keyOf = (index: string, key: string): string => `index-${kind}~${table.TableName}~${index}~${key}`
    const { puts, deletes } = dynaliteDb.getIndexActions(indexes, before, after, table)
    return [
      ...deletes.map(({ index, key }): Operation => ({ type: 'del', key: keyOf(index, key) })),
      ...puts.map(({ index, key, item }): Operation => ({ type: 'put', key: keyOf(index, key), value: item })),
    ]
  })
}
