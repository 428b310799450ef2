import { type DatabaseSyncOptions, DatabaseSync as Real, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Change, type Raw, type Values, type Watch, watchOf } from '../engine/machine/watch.ts'

/**
 * Stands in for `node:sqlite` in a simulation: the real one, on a real file. It is watched where it writes, and a write may
 * fail, or be the last, as this world has it.
 */
export class DatabaseSync extends Real {
  readonly #watch: Watch | undefined

  constructor(path: string, options: DatabaseSyncOptions = {}) {
    super(path, options)
    this.#watch = watchOf(path)
    this.#watch?.opened(rawOf((sql) => super.prepare(sql), this))
  }

  override exec(sql: string): void {
    const [verb = ''] = /^\w+( TO\b)?/.exec(sql) ?? []
    if (verb === 'BEGIN') this.#watch?.before('begin')
    if (verb === 'COMMIT') this.#watch?.before('commit')
    super.exec(sql)
    if (verb === 'COMMIT') this.#watch?.committed()
    if (verb.startsWith('ROLLBACK')) this.#watch?.undone()
  }

  override prepare(sql: string): StatementSync {
    const statement = super.prepare(sql)
    const [, verb, table] = /^\s*(INSERT|UPDATE|DELETE)(?: INTO| FROM)? (\w+)/.exec(sql) ?? []
    if (!this.#watch || !table) return statement
    return this.#watched(statement, { verb: verb as Change['verb'], table }, this.#watch) // as the pattern has it
  }

  #watched(statement: StatementSync, what: Omit<Change, 'values'>, watch: Watch): StatementSync {
    const run = (values: Values) => {
      const change = { ...what, values }
      watch.before('write', change)
      const result = statement.run(values)
      if (result.changes) watch.changed(change, Number(result.changes))
      if (!this.isTransaction) watch.committed()
      return result
    }
    return { run } as unknown as StatementSync // whatever writes is run, and nothing else
  }
}

function rawOf(prepare: (sql: string) => StatementSync, connection: Real): Raw {
  const known = new Map<string, StatementSync>()
  const statementOf = (sql: string): StatementSync => {
    const statement = known.get(sql) ?? prepare(sql)
    known.set(sql, statement)
    return statement
  }
  return {
    get: (sql, ...values: SQLInputValue[]) => statementOf(sql).get(...values),
    all: (sql, ...values: SQLInputValue[]) => statementOf(sql).all(...values),
    run: (sql, ...values: SQLInputValue[]) => void statementOf(sql).run(...values),
    isTransaction: () => connection.isTransaction,
  }
}
