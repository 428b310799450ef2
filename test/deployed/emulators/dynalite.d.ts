// dynalite 4 ships no types. Options: https://github.com/architect/dynalite#api
declare module 'dynalite' {
  /** A DynamoDB server that is not listening yet; `close` also closes the database under `path`. */
  function dynalite(options?: { path?: string; createTableMs?: number }): import('node:http').Server
  export = dynalite
}

// Its storage, as far as atomic-writes.ts takes part in it.
declare module 'dynalite/db/index.js' {
  type Item = Record<string, unknown>
  type Operation = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string }
  type Store = { db: { batch(operations: Operation[], done: (error?: Error | null) => void): void } }
  type Table = { TableName: string; LocalSecondaryIndexes?: object[]; GlobalSecondaryIndexes?: object[] }
  const db: {
    createKey(item: Item, table: Table): string
    getIndexActions(
      indexes: object[],
      before: Item | undefined,
      after: Item | null,
      table: Table,
    ): { puts: { index: string; key: string; item: Item }[]; deletes: { index: string; key: string }[] }
    updateIndexes(
      store: Store,
      table: Table,
      before: Item | undefined,
      after: Item | null,
      done: (error?: Error | null) => void,
    ): void
  }
  export = db
}
