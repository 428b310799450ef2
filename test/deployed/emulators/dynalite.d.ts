// dynalite 4 ships no types. Options: https://github.com/architect/dynalite#api
declare module 'dynalite' {
  /** A DynamoDB server in memory that is not listening yet. */
  function dynalite(options?: { createTableMs?: number; deleteTableMs?: number }): import('node:http').Server
  export = dynalite
}
